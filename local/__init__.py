"""The local stack: the real template on an emulator, behind a front door and an emulated CloudFront."""
