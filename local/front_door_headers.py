"""The headers by which the front door speaks to the emulator. It passes on no viewer's headers of these names."""

# Proves that a request comes from the front door of this run.
KEY = "X-Local-Front-Door"
# The `Host` of the viewer's request. That of the front door's own is the distribution's.
VIEWER_HOST = "X-Local-Viewer-Host"
