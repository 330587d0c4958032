"""What people and `make lint` run on this repository; nothing here is deployed."""
