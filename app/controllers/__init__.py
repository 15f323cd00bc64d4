"""What the window does, without Qt: gestures in, core called, state out."""
