"""The same runs under the paths and in the shapes that other tools' clients already speak.

Thin: every call does what its counterpart under /api/v1 does, and only reads and answers otherwise.

pipeline_run.py      POST /api/pipeline/{id}/run, by form (forms.py) or by JSON
pipeline_stream.py   GET /api/pipeline/run/{id}/stream
updates.py           facts as that stream's updates, pure
executions.py        /api/v1/execution/*, /admin/executions
"""

from services.api.compat import executions, pipeline_run, pipeline_stream

CALLS = (*pipeline_run.CALLS, *pipeline_stream.CALLS, *executions.CALLS)
