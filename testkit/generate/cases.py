# SPDX-License-Identifier: MIT
"""Cases, and the files that they are written to."""
import os

MAGIC = "cisco-trust-list-testkit 1"


class Kit:
    def __init__(self):
        self.files = {}

    def add(self, name, kind, expect, why, ground, parts, **keys):
        """A case. Parts are (name, bytes). A key whose value is a list stands in as
        many lines; None leaves it out."""
        head = [MAGIC, f"case: {name}", f"kind: {kind}", f"expect: {expect}"]
        for key, value in keys.items():
            for v in value if isinstance(value, list) else [] if value is None else [value]:
                head.append(f"{key.replace('_', '-')}: {v}".rstrip())
        head += [f"ground: {ground}", f"why: {why}"]
        assert all("\n" not in line and line.isascii() for line in head), head
        assert name + ".case" not in self.files, name
        head += [f"part: {n} {len(data)}" for n, data in parts]
        self.files[name + ".case"] = ("\n".join(head) + "\n\n").encode() + b"".join(data for _, data in parts)

    def write(self, folder):
        for name in self.differences(folder):
            path = os.path.join(folder, *name.split("/"))
            if name not in self.files:
                os.remove(path)  # a case that is no more
                continue
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as f:
                f.write(self.files[name])

    def differences(self, folder):
        """What is in the folder and differs from these cases."""
        there = {}
        for path, _, names in os.walk(folder):
            for name in names:
                whole = os.path.join(path, name)
                with open(whole, "rb") as f:
                    there[os.path.relpath(whole, folder).replace(os.sep, "/")] = f.read()
        return sorted(n for n in there.keys() | self.files.keys() if there.get(n) != self.files.get(n))
