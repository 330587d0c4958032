"""Headers from the front door to the emulator. The front door replaces any that a viewer sends."""

# Proves that a request comes from the front door of this run.
KEY = "X-Local-Front-Door"
# The `Host` of the viewer's request; the `Host` of the forwarded one is the distribution's.
VIEWER_HOST = "X-Local-Viewer-Host"
