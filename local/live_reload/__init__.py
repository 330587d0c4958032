"""Live reload: an edit is detected (`watching`), planned (`plan`) and applied to the running stack (`applying`)."""
