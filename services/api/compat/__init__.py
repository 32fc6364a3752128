"""The same runs under the paths and in the shapes that other tools' clients already speak.

Thin: every call does what its counterpart under /api/v1 does, and only reads and answers otherwise.

pipelines.py    POST /api/pipeline/{id}/run
stream.py       GET /api/pipeline/run/{id}/stream
updates.py      facts as that stream's updates, pure
executions.py   /api/v1/execution/*, /admin/executions
routes.py       all of them, as data
"""
