KEYS = {"rw": ("susan", {"read", "write"}), "ro": ("bob", {"read"})}
