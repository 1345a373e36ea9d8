# SPDX-License-Identifier: Apache-2.0
#
# tests/tools/terminal.py: runs a command on a terminal of its own.
# Usage: terminal.py SCRIPT COMMAND... SCRIPT has lines "send TEXT" (with \n \t \x03 ...), "wait TEXT" and "pause NAME":
# the command is stopped for 0.8 seconds as soon as a file whose name begins so has some bytes, and goes on in small
# steps, in which each of its threads has its turn. What the terminal shows goes to standard output; the exit code is
# that of the command, 99 if a text did not come.
import os
import pty
import select
import signal
import sys
import time


def wait_for(master, shown, text, start):
    """Reads until the text has come; gives the place behind it, or -1."""
    end = time.time() + 300
    while True:
        place = shown.find(text, start)
        if place >= 0:
            return place + len(text)
        if time.time() > end:
            return -1
        if select.select([master], [], [], 0.1)[0]:
            try:
                part = os.read(master, 65536)
            except OSError:
                part = b""
            if not part:
                return -1
            shown += part


def has_bytes(prefix):
    for name in os.listdir("."):
        try:
            if name.startswith(prefix) and os.stat(name).st_size > 512:
                return True
        except OSError:
            pass
    return False


def pause(pid, prefix):
    end = time.time() + 300
    while not has_bytes(prefix) and time.time() < end:
        time.sleep(0.0002)
    os.kill(pid, signal.SIGSTOP)
    time.sleep(0.8)
    for _ in range(20):
        os.kill(pid, signal.SIGCONT)
        time.sleep(0.001)
        os.kill(pid, signal.SIGSTOP)
        time.sleep(0.02)
    os.kill(pid, signal.SIGCONT)


def main():
    with open(sys.argv[1], encoding="ascii") as script:
        lines = [line.rstrip("\n").split(" ", 1) for line in script if line.strip()]
    pid, master = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm"
        os.execv(sys.argv[2], sys.argv[2:])
    shown = bytearray()
    place = 0
    failed = None
    for verb, text in lines:
        data = text.encode("ascii").decode("unicode_escape").encode("latin-1")
        if verb == "send":
            os.write(master, data)
        elif verb == "pause":
            pause(pid, text)
        else:
            place = wait_for(master, shown, data, place)
            if place < 0:
                failed = text
                break
    if failed is None:
        wait_for(master, shown, b"\0the end", len(shown))
    os.close(master)
    sys.stdout.write(shown.decode("utf-8", "replace"))
    if failed is not None:
        print("\ndid not come: " + failed)
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        return 99
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


sys.exit(main())
