"""Start and stop a real Slurm of one node on this machine, for tests and for trying things out.

    python scripts/start_slurm.py start DIR     prints the line that lets clients find it
    python scripts/start_slurm.py stop DIR

It needs Debian's packages slurm-wlm and munge, runs as root, listens on the loopback address only
and keeps everything it writes under DIR. There is no accounting, so sacct knows nothing.
"""

from __future__ import annotations

import argparse
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
    for name in ("slurmd", "slurmctld", "munge"):
        file = folder / f"{name}.pid"
        try:
            pid = int(file.read_text())
            os.kill(pid, signal.SIGTERM)
        except (OSError, ValueError):
            continue
        end = time.monotonic() + 10
        while Path(f"/proc/{pid}").exists() and time.monotonic() < end:
            time.sleep(0.05)
        if Path(f"/proc/{pid}").exists():
            os.kill(pid, signal.SIGKILL)


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
