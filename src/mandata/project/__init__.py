"""Joins everything: settings, addresses of pages, the web application, the wiring of ports to providers."""
