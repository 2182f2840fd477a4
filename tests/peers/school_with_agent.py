"""examples/school's settings with Elastic's own agent, as its manual has it."""
from school.settings import *  # noqa: F403, pylint: disable=wildcard-import,unused-wildcard-import

INSTALLED_APPS = ["elasticapm.contrib.django", *INSTALLED_APPS]  # noqa: F405
MIDDLEWARE = ["elasticapm.contrib.django.middleware.TracingMiddleware", *MIDDLEWARE]  # noqa: F405
