"""The second dialect: Chat Completions, over the same markers, answers, timing and failures.

request    what is asked, and the same as a request of the Messages API
plan       an answer as chunks of a stream
whole      an answer as one completion
failure    errors as this API has them
chat       the endpoint
"""
