import re

from django.db import connection


class RequestIdInSql:
    """Puts the header X-Request-Id into each of the request's statements, for whoever reads the
    database's log."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        identity = request.headers.get("X-Request-Id", "")
        if not re.fullmatch(r"[\w-]{1,64}", identity):
            return self.get_response(request)

        def with_comment(execute, sql, params, many, context):
            return execute(f"/* req={identity} */ {sql}", params, many, context)

        with connection.execute_wrapper(with_comment):
            return self.get_response(request)
