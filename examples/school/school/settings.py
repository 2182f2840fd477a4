import os
import pathlib

BASE_DIR = pathlib.Path(__file__).resolve().parent.parent
SECRET_KEY = "only for this example"
DEBUG = False
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "school.urls"
WSGI_APPLICATION = "school.wsgi.application"
INSTALLED_APPS = ["area", "exercises", "summary"]
MIDDLEWARE = ["school.middleware.RequestIdInSql", "django.middleware.common.CommonMiddleware"]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates",
              "DIRS": [BASE_DIR / "templates"], "APP_DIRS": False}]
DATABASES = {"default": {
    "ENGINE": "django.db.backends.postgresql",
    "NAME": os.environ.get("PGDATABASE", "school"),
    "USER": os.environ.get("PGUSER", ""),
    "HOST": os.environ.get("PGHOST", ""),
    "PORT": os.environ.get("PGPORT", ""),
    "CONN_MAX_AGE": 600,
}}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LOGGING = {"version": 1, "disable_existing_loggers": False,
           "loggers": {"django": {"handlers": [], "level": "CRITICAL"}}}
