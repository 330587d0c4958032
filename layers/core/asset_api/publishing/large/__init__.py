"""Files of any size: their publication, copies and multipart uploads, in constant memory."""
