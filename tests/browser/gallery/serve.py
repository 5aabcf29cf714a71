"""Serves the gallery on a free port and prints it: no database, the console's own settings, headers and files.

python -m tests.browser.gallery.serve [port]
"""

import os
import sys
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _configure() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mandata.project.settings")
    from django.conf import settings

    settings.ROOT_URLCONF = "tests.browser.gallery.urls"
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    without = ("mandata.project.middleware.PermissionMiddleware", "usersessions", "AuthenticationMiddleware")
    settings.MIDDLEWARE = [
        name for name in settings.MIDDLEWARE if not name.endswith(without) and without[1] not in name
    ]
    import django

    django.setup()


def main() -> None:
    """Serve until killed."""
    _configure()
    from django.contrib.staticfiles.handlers import StaticFilesHandler
    from django.core.wsgi import get_wsgi_application

    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    application = StaticFilesHandler(get_wsgi_application())
    with make_server("127.0.0.1", port, application, server_class=_Server, handler_class=_Quiet) as server:
        sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    main()
