"""The web application, served by granian under WSGI."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mandata.project.settings")

application = get_wsgi_application()
