"""Start and stop a real Slurm of one node on this machine, for tests and for trying things out.

    python scripts/start_slurm.py start DIR     prints the line that lets clients find it
    python scripts/start_slurm.py stop DIR

It needs Debian's packages slurm-wlm and munge, runs as root, listens on the loopback address only
and keeps everything it writes under DIR. There is no accounting, so sacct knows nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

NEEDED = ("munged", "slurmctld", "slurmd", "sbatch", "sinfo")
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
SECONDS_TO_START = 30.0

SETTINGS = """\
ClusterName=scinfovae
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
# the last also says how long a requeued job waits before it starts again
AuthInfo=socket={folder}/munge.socket,cred_expire=5
CredType=cred/munge
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
SlurmctldPort={controller_port}
SlurmdPort={node_port}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=1024
SchedulerParameters=sched_interval=1,bf_interval=2,sched_min_interval=0,batch_sched_delay=0
ReturnToService=2
KillWait=2
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={memory} State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


def missing_programs() -> list[str]:
    return [name for name in NEEDED if shutil.which(name, path=PATH) is None]


def start(folder: Path) -> Path:
    if missing := missing_programs():
        sys.exit(f"{', '.join(missing)} not found: apt-get install slurm-wlm munge")
    if os.getuid() != 0:
        sys.exit("this private Slurm runs as root; nothing was started")
    for part in (folder, folder / "state", folder / "spool"):
        part.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)  # munge refuses a socket that not everyone can reach
    key = folder / "munge.key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o400)
    options = {"key-file": "key", "socket": "socket", "pid-file": "pid", "log-file": "log"}
    words = [f"--{option}={folder}/munge.{suffix}" for option, suffix in options.items()]
    _do("munged", "--force", f"--seed-file={folder}/munge.seed", *words)
    settings = folder / "slurm.conf"
    settings.write_text(_settings(folder))
    environment = {**os.environ, "PATH": PATH, "SLURM_CONF": str(settings)}
    _do("slurmctld", "-c", "-f", str(settings), environment=environment)
    _do("slurmd", "-c", "-f", str(settings), environment=environment)
    _wait_until_idle(folder, environment)
    return settings


def _settings(folder: Path) -> str:
    ports = []
    listening = [socket.socket() for _ in range(2)]
    for one in listening:
        one.bind(("127.0.0.1", 0))
        ports.append(one.getsockname()[1])
    for one in listening:
        one.close()
    facts = _do("slurmd", "-C").stdout
    found = re.search(r"NodeName=(\S+) CPUs=(\d+).* RealMemory=(\d+)", facts)
    if found is None:
        sys.exit(f"slurmd -C says nothing of this machine: {facts}")
    host, cpus, memory = found.groups()
    return SETTINGS.format(
        host=host,
        cpus=cpus,
        memory=memory,
        folder=folder,
        controller_port=ports[0],
        node_port=ports[1],
    )


def _wait_until_idle(folder: Path, environment: dict[str, str]) -> None:
    end = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < end:
        words = ["sinfo", "--noheader", "-o", "%t"]
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
        if done.stdout.strip() == "idle":
            return
        time.sleep(0.2)
    stop(folder)
    sys.exit(f"Slurm did not come up within {SECONDS_TO_START:g} s; see the logs in '{folder}'")


def stop(folder: Path) -> None:
    settings = folder / "slurm.conf"
    environment = {**os.environ, "PATH": PATH, "SLURM_CONF": str(settings)}
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        words = ["scancel", "--quiet", "--user=root"]
        subprocess.run(words, env=environment, capture_output=True, timeout=10, check=False)
    pids = []
    for name in ("slurmd", "slurmctld", "munge"):
        with contextlib.suppress(OSError, ValueError):
            pid = int((folder / f"{name}.pid").read_text())
            # a number may have been given to another process since
            if str(folder).encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                pids.append(pid)
    # the keeper of a job outlives its daemon
    pids += [pid for pid in _step_daemons() if _environment(pid, "SLURM_CONF") == str(settings)]
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        end = time.monotonic() + 10
        while any(_is_alive(pid) for pid in pids) and time.monotonic() < end:
            time.sleep(0.05)
        pids = [pid for pid in pids if _is_alive(pid)]


def _is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def _step_daemons() -> list[int]:
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if file.read_bytes().startswith(b"slurmstepd"):
                found.append(int(file.parent.name))
    return found


def _environment(pid: int, name: str) -> str:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
            if line.startswith(f"{name}=".encode()):
                return line.partition(b"=")[2].decode()
    return ""


def _do(
    name: str, *words: str, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    program = shutil.which(name, path=PATH)
    done = subprocess.run(
        [program or name, *words], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{name} does not start: {(done.stderr or done.stdout).strip()}")
    return done


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("action", choices=("start", "stop"))
    parser.add_argument("folder", type=Path, metavar="DIR")
    args = parser.parse_args()
    folder = args.folder.resolve()
    if args.action == "stop":
        stop(folder)
    else:
        print(f"export SLURM_CONF={start(folder)}")


if __name__ == "__main__":
    main()
