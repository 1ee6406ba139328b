# SPDX-License-Identifier: MIT
"""Writes testkit/cases. It shares no code with the product: the expectations come
from docs/format.md, and everything here is made of Python's standard library.

    python3 testkit/generate            # write the cases
    python3 testkit/generate --check    # exit 1 if they are not what this writes
"""
import os
import sys

import accept
import broken
import evidence
import lists
import signedfiles
import tvs
import unverified
from cases import Kit

CASES = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cases")


def main():
    kit = Kit()
    for module in (lists, unverified, broken, signedfiles, tvs, accept, evidence):
        module.add(kit)
    if sys.argv[1:] == ["--check"]:
        wrong = kit.differences(CASES)
        for name in wrong:
            print("differs:", name)
        return 1 if wrong else 0
    kit.write(CASES)
    print(len(kit.files), "cases,", sum(len(d) for d in kit.files.values()), "bytes")
    return 0


sys.exit(main())
