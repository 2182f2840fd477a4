"""A Django application that handles secrets, as WSGI: those of its client, and the statements of its database."""
import django
import psycopg2
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import path

# Each is sent alone and may fail. The last name of each secret says where it stood.
STATEMENTS = [
    "select 'S3CRET_literal', 4111 as \"S3CRET_identifier\"",
    "select 1 -- S3CRET_line_comment",
    "select /* password = 'S3CRET_comment' */ 2",
    "select 'S3CRET_invalid'::int",
    "select id from people where name = \"S3CRET_misquoted\"",
    "select id from people where name = S3CRET_unquoted",
    "S3CRET_junk Smith, 12 Lane",
    "insert into people (name) values ('Sean O'S3CRET_apostrophe', 'S3CRET_inverted')",
    "do $$begin raise exception 'S3CRET_raised'; end$$",
    "do $$begin raise exception using message = 'S3CRET_chosen', errcode = '23505', detail = 'S3CRET_raised_detail'; end$$",
    "insert into people (id, name) values (1, 'S3CRET_unique')",
    "insert into people (name) values (null) returning 'S3CRET_row_text'",
    "set application_name = 'S3CRET_setting'",
    "copy people from '/nowhere/S3CRET_server_file'",
]

settings.configure(DEBUG=False, SECRET_KEY="S3CRET_django_key", ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"],
                   DATA_UPLOAD_MAX_MEMORY_SIZE=None)
django.setup()


def ask(cursor, sql, values=None):
    try:
        cursor.execute(sql, values)
    except psycopg2.Error:
        pass


def person(request, name, rest=""):
    connection = psycopg2.connect("")
    connection.autocommit = True
    with connection.cursor() as cursor:
        for sql in STATEMENTS:
            ask(cursor, sql)
        ask(cursor, "select id from people where name = %s", [request.GET.get("access_token", "")])
        ask(cursor, "select %s::int", [request.body.decode("latin-1")])
        ask(cursor, "select current_setting('S3CRET_parameter')")
        ask(cursor, "select name from people where name = 'S3CRET_row'")
    connection.close()
    response = HttpResponse(f"{name} S3CRET_answer", headers={"X-Db-Password": "S3CRET_response_header"})
    response.set_cookie("sessionid", "S3CRET_set_cookie")
    return response


def moved(request):
    return HttpResponseRedirect("/people/x/?token=S3CRET_location#access_token=S3CRET_fragment")


urlpatterns = [path("people/<str:name>/", person), path("moved/", moved), path("people/<str:name>/<path:rest>", person)]
application = WSGIHandler()
