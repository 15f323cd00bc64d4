"""What the window shows; each view implements a protocol of `app.views.protocols`."""
