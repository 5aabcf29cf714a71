"""The public trust page: what protects data, looked at when, with which result; outages and availability."""
