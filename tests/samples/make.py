# SPDX-License-Identifier: Apache-2.0
"""Makes the two sample stories, as logs in the JSON structure of `evtx_dump -o jsonl`.

    python3 tests/samples/make.py [FOLDER]      writes FOLDER/{intrusion,benign}/*.jsonl (default: beside this file)

Everything in them is invented: the network lab.example (10.1.0.0/16, domain LAB), its people and its machines.

intrusion   One night. The account of a multifunction printer, LAB\\svc-print, is used from 10.8.0.66, a machine
            that nobody knows: wmiexec on files1, secretsdump there, smbexec on ws7 with the hash of the local
            administrator, atexec on files1, and the domain's hashes from dc1 with a stolen domain administrator.
            The attacker's clock is 37 seconds fast (the number in wmiexec's file name). Between it, the machines'
            own business.
benign      A day of LAB\\adm-jonas from admws1: PsExec, schtasks, sc, file copies to ADMIN$, software distribution
            by WMI, a backup server that logs on with NTLM and no host name. Nothing here is Impacket.
"""
import datetime
import hashlib
import json
import pathlib
import re
import sys

NS = "http://schemas.microsoft.com/win/2004/08/events/event"
DOMAIN_SID = "S-1-5-21-3187412059-1440298117-2093715466"
HERE = pathlib.Path(__file__).resolve().parent

SECURITY = ("Security", "Microsoft-Windows-Security-Auditing", "{54849625-5478-4994-a5ba-3e3b0328c30d}")
SYSMON = ("Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon", "{5770385f-c22a-43e0-bf4c-06f5698ffbd9}")
SCM = ("System", "Service Control Manager", "{555908d1-a6d7-4695-8e1e-26931d2012f4}")
TASKS = ("Microsoft-Windows-TaskScheduler/Operational", "Microsoft-Windows-TaskScheduler",
         "{de7b24ea-73c8-4a09-985d-5bdadcfa9017}")
WMI = ("Microsoft-Windows-WMI-Activity/Operational", "Microsoft-Windows-WMI-Activity",
       "{1418ef04-b0b4-4623-bf7e-d74ab47bbdaa}")
FILES = {"Security": "security", "System": "system", SYSMON[0]: "sysmon", TASKS[0]: "taskscheduler", WMI[0]: "wmi"}

# Security: event id -> (version, task)
AUDIT = {4624: (2, 12544), 4625: (0, 12544), 4634: (0, 12545), 4661: (1, 12803), 4662: (0, 14080), 4672: (0, 12548),
         4674: (0, 13056), 4688: (2, 13312), 4697: (0, 12289), 4698: (0, 12804), 4699: (0, 12804), 4768: (0, 14339),
         4769: (0, 14337), 4776: (0, 14336), 5140: (1, 12808), 5145: (0, 12811)}
SYSMON_VERSIONS = {1: 5, 3: 5, 5: 3, 11: 2, 13: 2, 17: 1, 18: 1}

RIGHTS = {0x1: 4416, 0x2: 4417, 0x4: 4418, 0x8: 4419, 0x10: 4420, 0x80: 4423, 0x100: 4424, 0x10000: 1537,
          0x20000: 1538, 0x100000: 1541}
PRIVILEGES = ("SeSecurityPrivilege SeBackupPrivilege SeRestorePrivilege SeTakeOwnershipPrivilege SeDebugPrivilege "
              "SeSystemEnvironmentPrivilege SeLoadDriverPrivilege SeImpersonatePrivilege").split()
DESCRIPTIONS = {"cmd.exe": "Windows Command Processor", "whoami.exe": "whoami - displays logged on user information",
                "net.exe": "Net Command", "tasklist.exe": "Lists the current running tasks",
                "ipconfig.exe": "IP Configuration Utility", "svchost.exe": "Host Process for Windows Services",
                "systeminfo.exe": "Displays system information", "powershell.exe": "Windows PowerShell",
                "notepad.exe": "Notepad", "psexesvc.exe": "PsExec Service", "wmiprvse.exe": "WMI Provider Host"}


def digest(*parts):
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()


def guid(*parts):
    text = digest(*parts)
    return "{" + "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:32])) + "}"


def rights(mask):
    return "\r\n\t\t\t\t".join([f"%%{code}" for bit, code in sorted(RIGHTS.items(), key=lambda x: x[1]) if mask & bit]
                               + [""])


def clock(text):
    return datetime.datetime.fromisoformat(text)


class Who:
    """An account."""

    def __init__(self, domain, name, sid):
        self.domain, self.name, self.sid = domain, name, sid

    def subject(self, logon):
        return {"SubjectUserSid": self.sid, "SubjectUserName": self.name, "SubjectDomainName": self.domain,
                "SubjectLogonId": logon}

    def target(self, logon):
        return {"TargetUserSid": self.sid, "TargetUserName": self.name, "TargetDomainName": self.domain,
                "TargetLogonId": logon}

    def __str__(self):
        return f"{self.domain}\\{self.name}"


def domain_user(name, rid):
    return Who("LAB", name, f"{DOMAIN_SID}-{rid}")


PRINT = domain_user("svc-print", 1118)
JONAS = domain_user("adm-jonas", 1104)
ALICE = domain_user("alice", 1107)
BOB = domain_user("bob", 1108)
SYSTEM = Who("NT AUTHORITY", "SYSTEM", "S-1-5-18")
NOBODY = Who("-", "-", "S-1-0-0")


class Host:
    """A machine and its logs."""

    def __init__(self, name, address, rid, first_record):
        self.name, self.address = name, address
        self.account = Who("LAB", name.upper() + "$", "S-1-5-18")
        self.fqdn = f"{name}.lab.example"
        self.rid, self.first_record = rid, first_record
        self.events = []
        self.counter = 0

    def fresh(self, kind, low, step):
        """A number that has not been used yet, the same in every run."""
        self.counter += 1
        return low + self.counter * step + int(digest(self.name, kind, self.counter)[:3], 16) % step

    def logon_id(self):
        return f"0x{self.fresh('logon', 0x41a000, 0x2317):x}"

    def pid(self):
        return self.fresh("pid", 2000, 36) // 4 * 4

    def log(self, at, source, event_id, data=None, *, version=0, level=4, task=0, opcode=0,
            keywords="0x8000000000000000", qualifiers=None, pid=0, user=None, name=None, activity=None, user_data=None):
        channel, provider, provider_guid = source
        attributes = {"Name": provider, "Guid": provider_guid}
        if source is SCM:
            attributes["EventSourceName"] = provider
        system = {
            "Provider": {"#attributes": attributes},
            "EventID": event_id if qualifiers is None else {"#attributes": {"Qualifiers": qualifiers},
                                                            "#text": event_id},
            "Version": version, "Level": level, "Task": task, "Opcode": opcode, "Keywords": keywords,
            "TimeCreated": {"#attributes": {"SystemTime": None}}, "EventRecordID": None,
            "Correlation": {"#attributes": {"ActivityID": activity}} if activity else None,
            "Execution": {"#attributes": {"ProcessID": pid or 4, "ThreadID": self.fresh("thread", 100, 28) // 4 * 4}},
            "Channel": channel, "Computer": self.fqdn,
            "Security": {"#attributes": {"UserID": user}} if user else None}
        body = {"#attributes": {"xmlns": NS}, "System": system}
        if user_data is not None:
            body["UserData"] = user_data
        else:
            body["EventData"] = {**({"#attributes": {"Name": name}} if name else {}), **(data or {})}
        self.events.append((at, len(self.events), {"Event": body}))

    # Security

    def audit(self, at, event_id, data, success=True, pid=716, activity=None):
        version, task = AUDIT[event_id]
        self.log(at, SECURITY, event_id, data, version=version, level=0, task=task,
                 keywords="0x8020000000000000" if success else "0x8010000000000000", pid=pid, activity=activity)

    def logon(self, at, who, address="-", port="-", *, kind=3, package="NTLM", key=128, workstation="-", logon=None,
              process="-", privileged=True):
        """4624, with 4672 when the account is an administrator here. Returns the logon id."""
        logon = logon or self.logon_id()
        ntlm = package == "NTLM"
        self.audit(at, 4624, {
            **(NOBODY.subject("0x0") if kind == 3 else self.account.subject("0x3e7")), **who.target(logon),
            "LogonType": kind,
            "LogonProcessName": "NtLmSsp " if ntlm else {3: package, 2: "User32 "}.get(kind, "Advapi  "),
            "AuthenticationPackageName": package, "WorkstationName": workstation,
            "LogonGuid": guid(self.name, logon) if package == "Kerberos" else "{00000000-0000-0000-0000-000000000000}",
            "TransmittedServices": "-", "LmPackageName": "NTLM V2" if ntlm else "-", "KeyLength": key if ntlm else 0,
            "ProcessId": "0x0" if kind == 3 else "0x2cc", "ProcessName": process, "IpAddress": address,
            "IpPort": str(port), "ImpersonationLevel": "%%1833", "RestrictedAdminMode": "-",
            "TargetOutboundUserName": "-", "TargetOutboundDomainName": "-", "VirtualAccount": "%%1843",
            "TargetLinkedLogonId": "0x0", "ElevatedToken": "%%1842" if privileged else "%%1843"})
        if privileged:
            self.audit(at + ms(1), 4672, {**who.subject(logon), "PrivilegeList": "\r\n\t\t\t".join(PRIVILEGES)})
        return logon

    def logoff(self, at, who, logon, kind=3):
        self.audit(at, 4634, {**who.target(logon), "LogonType": kind})

    def failed(self, at, who, address, port):
        self.audit(at, 4625, {
            **NOBODY.subject("0x0"), "TargetUserSid": "S-1-0-0", "TargetUserName": who.name,
            "TargetDomainName": who.domain, "Status": "0xc000006d", "FailureReason": "%%2313",
            "SubStatus": "0xc000006a", "LogonType": 3, "LogonProcessName": "NtLmSsp ",
            "AuthenticationPackageName": "NTLM", "WorkstationName": "-", "TransmittedServices": "-",
            "LmPackageName": "-", "KeyLength": 0, "ProcessId": "0x0", "ProcessName": "-", "IpAddress": address,
            "IpPort": str(port)}, success=False)

    def share(self, at, who, logon, address, port, share, target=None, mask=0x1):
        """5140, and 5145 when a target is named."""
        local = {"IPC$": "", "ADMIN$": "\\??\\C:\\Windows", "C$": "\\??\\C:\\"}.get(share, f"\\??\\D:\\{share}")
        data = {**who.subject(logon), "ObjectType": "File", "IpAddress": address, "IpPort": str(port),
                "ShareName": f"\\\\*\\{share}", "ShareLocalPath": local}
        if target is None:
            self.audit(at, 5140, {**data, "AccessMask": "0x1", "AccessList": rights(1)}, pid=4)
        else:
            self.audit(at, 5145, {**data, "RelativeTargetName": target, "AccessMask": f"0x{mask:x}",
                                  "AccessList": rights(mask), "AccessReason": "-"}, pid=4)

    def share_file(self, at, who, logon, address, port, share, target, mask):
        """A tree connect and an open, as Impacket does for every file operation."""
        self.share(at, who, logon, address, port, share)
        self.share(at + ms(4), who, logon, address, port, share, target, mask)

    # Processes: 4688 and Sysmon 1

    def process(self, at, image, command, parent, who, logon, *, audit=True, integrity="System", session=0,
                subject=None):
        """`parent` is (image, command line, pid). Returns (image, command, pid)."""
        pid = self.pid()
        name = image.rpartition("\\")[2]
        text = digest(name.lower())
        self.sysmon(at, 1, {
            "RuleName": "-", "UtcTime": utc(at), "ProcessGuid": guid(self.name, pid), "ProcessId": pid, "Image": image,
            "FileVersion": "10.0.17763.1 (WinBuild.160101.0800)",
            "Description": DESCRIPTIONS.get(name.lower(), name), "Product": "Microsoft® Windows® Operating System",
            "Company": "Microsoft Corporation", "OriginalFileName": name, "CommandLine": command,
            "CurrentDirectory": "C:\\Windows\\system32\\", "User": str(who), "LogonGuid": guid(self.name, logon),
            "LogonId": logon, "TerminalSessionId": session, "IntegrityLevel": integrity,
            "Hashes": f"MD5={text[:32].upper()},SHA256={digest(text).upper()}",
            "ParentProcessGuid": guid(self.name, parent[2]), "ParentProcessId": parent[2], "ParentImage": parent[0],
            "ParentCommandLine": parent[1], "ParentUser": "NT AUTHORITY\\SYSTEM"})
        if audit:
            own = who is SYSTEM or subject is None
            self.audit(at, 4688, {
                **(self.account.subject("0x3e7") if own and who is SYSTEM else (subject or who.subject(logon))),
                "NewProcessId": f"0x{pid:x}", "NewProcessName": image, "TokenElevationType": "%%1936",
                "ProcessId": f"0x{parent[2]:x}", "CommandLine": command,
                **(NOBODY.target("0x0") if own else who.target(logon)),
                "ParentProcessName": parent[0], "MandatoryLabel": "S-1-16-16384" if own else "S-1-16-12288"}, pid=4)
        return image, command, pid

    def sysmon(self, at, event_id, data):
        self.log(at, SYSMON, event_id, data, version=SYSMON_VERSIONS[event_id], task=event_id, pid=2480,
                 user="S-1-5-18")

    def file_created(self, at, image, path, pid=4, who=SYSTEM):
        self.sysmon(at, 11, {"RuleName": "-", "UtcTime": utc(at), "ProcessGuid": guid(self.name, pid),
                             "ProcessId": pid, "Image": image, "TargetFilename": path, "CreationUtcTime": utc(at),
                             "User": str(who)})

    def connection(self, at, source, source_port, destination, port, initiated, image="System", pid=4, who=SYSTEM):
        self.sysmon(at, 3, {
            "RuleName": "-", "UtcTime": utc(at), "ProcessGuid": guid(self.name, pid), "ProcessId": pid,
            "Image": image, "User": str(who), "Protocol": "tcp", "Initiated": initiated, "SourceIsIpv6": False,
            "SourceIp": source, "SourceHostname": "-", "SourcePort": source_port, "SourcePortName": "-",
            "DestinationIsIpv6": False, "DestinationIp": destination, "DestinationHostname": self.fqdn,
            "DestinationPort": port, "DestinationPortName": {445: "microsoft-ds", 135: "epmap"}.get(port, "-")})

    def registry(self, at, target, details, pid=644):
        self.sysmon(at, 13, {"RuleName": "-", "EventType": "SetValue", "UtcTime": utc(at),
                             "ProcessGuid": guid(self.name, pid), "ProcessId": pid,
                             "Image": "C:\\Windows\\system32\\services.exe", "TargetObject": target,
                             "Details": details, "User": "NT AUTHORITY\\SYSTEM"})

    # Service control manager

    def scm(self, at, event_id, data, user=None, error=False):
        self.log(at, SCM, event_id, data, level=2 if error else 4, keywords="0x8080000000000000",
                 qualifiers=49152 if error else 16384, pid=644, user=user)

    def service_state(self, at, display, state, name):
        number = {"stopped": 1, "running": 4}[state]
        self.scm(at, 7036, {"param1": display, "param2": state,
                            "Binary": f"{name}/{number}\0".encode("utf-16-le").hex().upper()})

    def service_installed(self, at, who, logon, name, path, account="LocalSystem"):
        self.scm(at, 7045, {"ServiceName": name, "ImagePath": path, "ServiceType": "user mode service",
                            "StartType": "demand start", "AccountName": account}, who.sid)
        self.audit(at + ms(1), 4697, {**who.subject(logon), "ServiceName": name, "ServiceFileName": path,
                                      "ServiceType": "0x10", "ServiceStartType": 3, "ServiceAccount": account},
                   activity=guid(self.name, "scm", logon))

    # Task scheduler

    def task(self, at, event_id, name, data, version=0, opcode=0, keywords="0x8000000000000000"):
        self.log(at, TASKS, event_id, data, version=version, task=event_id, opcode=opcode, keywords=keywords,
                 pid=1184, user="S-1-5-18", name=name)

    def lines(self):
        """(channel, [events]) with record ids and times, in the order of time."""
        logs = {}
        for at, _, event in sorted(self.events, key=lambda item: item[:2]):
            channel = event["Event"]["System"]["Channel"]
            log = logs.setdefault(channel, [])
            ticks = int(digest(self.name, channel, len(log))[:2], 16) % 100
            event["Event"]["System"]["TimeCreated"]["#attributes"]["SystemTime"] = (
                at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 10:05}{ticks:02}Z")
            event["Event"]["System"]["EventRecordID"] = self.first_record + 17 * len(channel) + len(log)
            log.append(event)
        return logs


def ms(number):
    return datetime.timedelta(milliseconds=number)


def s(number):
    return datetime.timedelta(seconds=number)


def utc(at):
    return at.strftime("%Y-%m-%d %H:%M:%S.") + f"{at.microsecond // 1000:03}"


SERVICES = ("C:\\Windows\\System32\\services.exe", "C:\\Windows\\system32\\services.exe", 644)
WMIPRVSE = ("C:\\Windows\\System32\\wbem\\WmiPrvSE.exe",
            "C:\\Windows\\system32\\wbem\\wmiprvse.exe -secured -Embedding", 3104)
SCHEDULE = ("C:\\Windows\\System32\\svchost.exe", "C:\\Windows\\system32\\svchost.exe -k netsvcs -p -s Schedule", 1184)
EXPLORER = ("C:\\Windows\\explorer.exe", "C:\\Windows\\Explorer.EXE", 5208)
CMD = "C:\\Windows\\System32\\cmd.exe"


# ---------------------------------------------------------------- the machines' own business

def own_business(host, start, hours):
    """What every member does by itself: machine logons, services that come and go, policy, a defender."""
    for number in range(hours):
        at = start + s(3600 * number + int(digest(host.name, number)[:3], 16))
        if host.name == "dc1":
            for member in ("FILES1$", "WS7$"):
                who = Who("LAB", member, f"{DOMAIN_SID}-{1130 + len(member)}")
                address = "10.1.0.21" if member == "FILES1$" else "10.1.0.107"
                port = 50000 + int(digest(member, number)[:3], 16)
                kerberos(host, at, who, address, port, ("krbtgt", "DC1$"))
                logon = host.logon(at + s(1), who, address, port + 2, package="Kerberos", privileged=False)
                host.share(at + s(1), who, logon, address, port + 2, "SYSVOL",
                           "lab.example\\Policies\\{31B2F340-016D-11D2-945F-00C04FB984F9}\\gpt.ini", 0x120089)
                host.logoff(at + s(14), who, logon)
        else:
            host.service_state(at, "Windows Update", "running", "wuauserv")
            host.service_state(at + s(190), "Windows Update", "stopped", "wuauserv")
            host.process(at + s(2), "C:\\Windows\\System32\\svchost.exe",
                         "C:\\Windows\\system32\\svchost.exe -k netsvcs -p -s wuauserv", SERVICES, SYSTEM, "0x3e7",
                         audit=number % 2 == 0)


def kerberos(dc, at, who, address, port, services, options=("0x40810010", "0x40810000"), kind="0x12"):
    for number, service in enumerate(services):
        tgt = service == "krbtgt"
        data = {"TargetUserName": who.name if tgt else f"{who.name}@LAB.EXAMPLE", "TargetDomainName": "LAB.EXAMPLE"}
        if tgt:
            data["TargetSid"] = who.sid
        data.update({"ServiceName": service, "ServiceSid": f"{DOMAIN_SID}-{502 if tgt else 1001}",
                     "TicketOptions": options[0 if tgt else 1]})
        if tgt:
            data["Status"] = "0x0"
        data["TicketEncryptionType"] = kind
        if tgt:
            data["PreAuthType"] = "2"
        data.update({"IpAddress": f"::ffff:{address}", "IpPort": str(port + number)})
        if tgt:
            data.update({"CertIssuerName": "", "CertSerialNumber": "", "CertThumbprint": ""})
        else:
            data.update({"Status": "0x0", "LogonGuid": guid(who.name, service, port), "TransmittedServices": "-"})
        dc.audit(at + ms(20 * number), 4768 if tgt else 4769, data)


def ntlm_at_dc(dc, at, who, workstation="", status="0x0"):
    dc.audit(at, 4776, {"PackageName": "MICROSOFT_AUTHENTICATION_PACKAGE_V1_0", "TargetUserName": who.name,
                        "Workstation": workstation, "Status": status}, success=status == "0x0")


def user_at_work(host, files, at, who, share="Projects"):
    """A user opens two files of a share."""
    logon = files.logon(at, who, host.address, 50100 + at.minute, package="Kerberos", privileged=False)
    files.share(at, who, logon, host.address, 50100 + at.minute, share)
    for number, name in enumerate(("plan-2026.xlsx", "minutes\\2026-03-02.docx")):
        files.share(at + s(3 + number), who, logon, host.address, 50100 + at.minute, share, name, 0x120089)
    files.logoff(at + s(900), who, logon)


# ---------------------------------------------------------------- the intrusion

ATTACKER = "10.8.0.66"


def wmiexec(files, dc, start, who, commands):
    """wmiexec 0.13: SMB logon, DCOM logons, two probes, then one command at a time."""
    logon = files.logon(start, who, ATTACKER, 51412, key=0)
    files.connection(start - ms(20), ATTACKER, 51412, files.address, 445, False)
    ntlm_at_dc(dc, start - ms(3), who)
    files.logon(start + ms(310), who, ATTACKER, 51414)
    files.connection(start + ms(290), ATTACKER, 51414, files.address, 135, False,
                     "C:\\Windows\\System32\\svchost.exe", 912, Who("NT AUTHORITY", "NETWORK SERVICE", "S-1-5-20"))
    for delay in (340, 352, 377):
        wmi_logon = files.logon(start + ms(delay), who, ATTACKER, 51418)
    loaded = {"#attributes": {"xmlns": "http://manifests.microsoft.com/win/2006/windows/WMI"},
              "ProviderName": "CIMWin32", "Code": "0x0", "HostProcess": "wmiprvse.exe", "ProcessID": 3104,
              "ProviderPath": "%systemroot%\\system32\\wbem\\cimwin32.dll"}
    files.log(start + ms(600), WMI, 5857, level=0, keywords="0x4000000000000000", pid=3104, user="S-1-5-18",
              user_data={"Operation_StartedOperational": loaded})
    epoch = (start + s(37) - datetime.datetime(1970, 1, 1)).total_seconds()
    output = f"__{epoch:.7f}".rstrip("0")
    at = start + ms(900)
    for number, (command, child) in enumerate([("cd \\", None), ("cd ", None), *commands]):
        redirect = f"cmd.exe /Q /c {command} 1> \\\\127.0.0.1\\ADMIN$\\{output} 2>&1"
        shell = files.process(at, CMD, redirect, WMIPRVSE, who, wmi_logon, integrity="High",
                              subject=Who("LAB", files.account.name, "S-1-5-20").subject("0x3e4"))
        if number == 0:
            loop = files.logon(at + ms(40), who, "127.0.0.1", 49820, key=128, workstation=files.name.upper())
            files.connection(at + ms(35), "127.0.0.1", 49820, "127.0.0.1", 445, True)
            files.connection(at + ms(36), "127.0.0.1", 49820, "127.0.0.1", 445, False)
        files.share(at + ms(60), who, loop, "127.0.0.1", 49820, "ADMIN$", output, 0x120196)
        files.file_created(at + ms(61), "System", f"C:\\Windows\\{output}")
        if child:
            files.process(at + ms(70), child[0], child[1], shell, who, wmi_logon, integrity="High", audit=False)
        files.share_file(at + ms(150), who, logon, ATTACKER, 51412, "ADMIN$", output, 0x1)
        files.share_file(at + ms(210), who, logon, ATTACKER, 51412, "ADMIN$", output, 0x10080)
        at += ms(500) if number < 2 else s(24 + 7 * number)
    files.logoff(at, who, logon)
    return at


def secretsdump_registry(files, dc, start, who):
    """secretsdump 0.13, remote registry: RemoteRegistry is started, SAM and SECURITY are saved to Temp and read."""
    port = 51530
    logon = files.logon(start, who, ATTACKER, port, key=0)
    ntlm_at_dc(dc, start - ms(2), who)
    files.share(start + ms(9), who, logon, ATTACKER, port, "IPC$")
    files.share(start + ms(12), who, logon, ATTACKER, port, "IPC$", "svcctl", 0x3)
    files.audit(start + ms(40), 4674, {
        **who.subject(logon), "ObjectServer": "SC Manager", "ObjectType": "SERVICE OBJECT",
        "ObjectName": "RemoteRegistry", "HandleId": "0xffff8000ef4fe9f8",
        "AccessMask": "".join(f"%%{code}\r\n\t\t\t\t" for code in (1537, 1538, 1539, *range(7184, 7193))),
        "PrivilegeList": "SeTakeOwnershipPrivilege", "ProcessId": "0x284", "ProcessName": SERVICES[0]})
    display = "Remote Registry"
    files.scm(start + ms(52), 7040, {"param1": display, "param2": "disabled", "param3": "demand start",
                                     "param4": "RemoteRegistry"}, who.sid)
    files.registry(start + ms(53), "HKLM\\System\\CurrentControlSet\\Services\\RemoteRegistry\\Start",
                   "DWORD (0x00000003)")
    files.service_state(start + ms(160), display, "running", "RemoteRegistry")
    files.share(start + ms(260), who, logon, ATTACKER, port, "IPC$", "winreg", 0x3)
    host = ("C:\\Windows\\System32\\svchost.exe", 4488, Who("NT AUTHORITY", "LOCAL SERVICE", "S-1-5-19"))
    names = "Temp\\qWcJtRva.tmp", "Temp\\LmZxKpEo.tmp"
    for number, name in enumerate(names):
        at = start + ms(900 + 700 * number)
        files.file_created(at, host[0], f"C:\\Windows\\{name}", host[1], host[2])
        files.share_file(at + ms(90), who, logon, ATTACKER, port, "ADMIN$", name, 0x1)
    files.share(start + ms(2300), who, logon, ATTACKER, port, "IPC$", "samr", 0x3)
    files.audit(start + ms(2330), 4661, {
        **who.subject(logon), "ObjectServer": "Security Account Manager", "ObjectType": "SAM_SERVER",
        "ObjectName": "SAM", "HandleId": "0x1ac83f1d2c0", "TransactionId": "{00000000-0000-0000-0000-000000000000}",
        "AccessList": "".join(f"%%{code}\r\n\t\t\t\t" for code in (1537, 1538, 1539, 1540, *range(5376, 5382))),
        "AccessReason": "-", "AccessMask": "0xf003f", "PrivilegeList": "-", "Properties": "-",
        "RestrictedSidCount": 0, "ProcessId": "0x2cc", "ProcessName": "C:\\Windows\\System32\\lsass.exe"})
    for name in names:
        files.share_file(start + ms(2600), who, logon, ATTACKER, port, "ADMIN$", name, 0x10080)
    files.service_state(start + ms(2700), display, "stopped", "RemoteRegistry")
    files.scm(start + ms(2710), 7040, {"param1": display, "param2": "demand start", "param3": "disabled",
                                       "param4": "RemoteRegistry"}, who.sid)
    files.logoff(start + s(3), who, logon)


def smbexec(ws, start, who, commands):
    """smbexec 0.13: one service name, installed again for every command; output written by the machine account."""
    port, service, output = 51688, "XkQpLwZe", "__output_nBvTqRsa"
    logon = ws.logon(start, who, ATTACKER, port, key=0)
    ws.share(start + ms(8), who, logon, ATTACKER, port, "IPC$")
    ws.share(start + ms(11), who, logon, ATTACKER, port, "IPC$", "svcctl", 0x3)
    at = start + ms(300)
    for number, command in enumerate(["cd ", *commands]):
        batch = f"%SYSTEMROOT%\\{'pWsYhUdC kLmRtEwQ zXaSdFgH uJiKoLpM'.split()[number]}.bat"
        run = f"%COMSPEC% /Q /c {batch}"
        path = (f"%COMSPEC% /Q /c echo {command} ^> \\\\%COMPUTERNAME%\\C$\\{output} 2^>^&1 > {batch} & {run} & "
                f"del {batch}")
        ws.service_installed(at, who, logon, service, path)
        ws.registry(at + ms(2), f"HKLM\\System\\CurrentControlSet\\Services\\{service}\\ImagePath",
                    path.replace("%", "%%"))
        expanded = path
        for name, value in (("COMSPEC", "C:\\Windows\\system32\\cmd.exe"), ("SYSTEMROOT", "C:\\Windows"),
                            ("COMPUTERNAME", "WS7")):
            expanded = expanded.replace(f"%{name}%", value)
        shell = ws.process(at + ms(30), CMD, expanded, SERVICES, SYSTEM, "0x3e7")
        file = batch.replace("%SYSTEMROOT%", "C:\\Windows")
        ws.file_created(at + ms(45), CMD, file, shell[2])
        ws.process(at + ms(60), CMD, f"C:\\Windows\\system32\\cmd.exe /Q /c {file}", shell, SYSTEM, "0x3e7",
                   audit=False)
        machine = Who("LAB", "WS7$", "S-1-5-18")
        ws.share(at + ms(80), machine, "0x3e7", "127.0.0.1", 49902, "C$", output, 0x120196)
        ws.share_file(at + ms(300), who, logon, ATTACKER, port, "C$", output, 0x1)
        ws.share_file(at + ms(350), who, logon, ATTACKER, port, "C$", output, 0x10080)
        ws.scm(at + s(30), 7009, {"param1": "30000", "param2": service}, error=True)
        ws.scm(at + s(30) + ms(1), 7000, {"param1": service, "param2": "%%1053",
                                          "Binary": f"{service}\0".encode("utf-16-le").hex().upper()}, error=True)
        at += ms(700) if number == 0 else s(41)
    ws.logoff(at, who, logon)


TASK_XML = """<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <Triggers>
    <CalendarTrigger>
      <StartBoundary>2015-07-15T20:35:13.2757294</StartBoundary>
      <Enabled>true</Enabled>
      <ScheduleByDay>
        <DaysInterval>1</DaysInterval>
      </ScheduleByDay>
    </CalendarTrigger>
  </Triggers>
  <Principals>
    <Principal id="LocalSystem">
      <UserId>S-1-5-18</UserId>
      <RunLevel>HighestAvailable</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <AllowHardTerminate>true</AllowHardTerminate>
    <RunOnlyIfNetworkAvailable>false</RunOnlyIfNetworkAvailable>
    <AllowStartOnDemand>true</AllowStartOnDemand>
    <Enabled>true</Enabled>
    <Hidden>true</Hidden>
    <RunOnlyIfIdle>false</RunOnlyIfIdle>
    <WakeToRun>false</WakeToRun>
    <ExecutionTimeLimit>P3D</ExecutionTimeLimit>
    <Priority>7</Priority>
  </Settings>
  <Actions Context="LocalSystem">
    <Exec>
      <Command>cmd.exe</Command>
      <Arguments>/C {command} &gt; %windir%\\Temp\\{name}.tmp 2&gt;&amp;1</Arguments>
    </Exec>
  </Actions>
</Task>""".replace("\n", "\r\n")


def task_events(host, at, name, user, shell_pid, action="cmd.exe"):
    instance = guid(host.name, name)
    host.task(at + ms(30), 129, "CreatedTaskProcess", {"TaskName": f"\\{name}", "Path": action, "ProcessID": shell_pid,
                                                       "Priority": 16384})
    host.task(at + ms(31), 100, "TaskStartEvent", {"TaskName": f"\\{name}", "UserContext": "NT AUTHORITY\\SYSTEM",
                                                   "InstanceId": instance}, opcode=1, keywords="0x8000000000000001")
    host.task(at + ms(32), 200, "ActionStart", {"TaskName": f"\\{name}", "ActionName": action,
                                                "TaskInstanceId": instance, "EnginePID": 1184}, 1, 1)
    host.task(at + ms(190), 201, "ActionSuccess", {"TaskName": f"\\{name}", "TaskInstanceId": instance,
                                                   "ActionName": action, "ResultCode": 0, "EnginePID": 1184}, 2, 2)
    host.task(at + ms(191), 102, "TaskSuccessEvent", {"TaskName": f"\\{name}", "UserContext": "NT AUTHORITY\\SYSTEM",
                                                      "InstanceId": instance}, opcode=2,
              keywords="0x8000000000000001")


def atexec(files, dc, start, who, command, name):
    """atexec: a hidden task of SYSTEM that is made, run and deleted within a second."""
    port = 51744
    logon = files.logon(start, who, ATTACKER, port, key=0)
    ntlm_at_dc(dc, start - ms(2), who)
    files.share(start + ms(8), who, logon, ATTACKER, port, "IPC$")
    files.share(start + ms(11), who, logon, ATTACKER, port, "IPC$", "atsvc", 0x3)
    rpc = files.logon(start + ms(60), who, "-", "-")
    at = start + ms(120)
    activity = guid(files.name, "task", name)
    files.audit(at, 4698, {**who.subject(rpc), "TaskName": f"\\{name}",
                           "TaskContent": TASK_XML.replace("{command}", command).replace("{name}", name)},
                activity=activity)
    files.task(at + ms(2), 106, "TaskRegisteredEvent", {"TaskName": f"\\{name}", "UserContext": str(who)})
    shell = files.process(at + ms(28), CMD, f"cmd.exe /C {command} > C:\\Windows\\Temp\\{name}.tmp 2>&1", SCHEDULE,
                          SYSTEM, "0x3e7")
    files.process(at + ms(60), "C:\\Windows\\System32\\systeminfo.exe", command, shell, SYSTEM, "0x3e7", audit=False)
    task_events(files, at, name, who, shell[2])
    files.audit(at + ms(420), 4699, {**who.subject(rpc), "TaskName": f"\\{name}", "TaskContent": ""},
                activity=activity)
    files.task(at + ms(421), 141, "TaskDeleted", {"TaskName": f"\\{name}", "UserName": str(who)})
    files.share_file(at + ms(600), who, logon, ATTACKER, port, "ADMIN$", f"Temp\\{name}.tmp", 0x1)
    files.share_file(at + s(3) + ms(610), who, logon, ATTACKER, port, "ADMIN$", f"Temp\\{name}.tmp", 0x1)
    files.share_file(at + s(3) + ms(650), who, logon, ATTACKER, port, "ADMIN$", f"Temp\\{name}.tmp", 0x10080)
    files.logoff(start + s(6), who, logon)


def dcsync(dc, start, who, accounts):
    """secretsdump -just-dc: replication rights used by an account that is no domain controller."""
    logon = dc.logon(start, who, ATTACKER, 51810, key=128)
    ntlm_at_dc(dc, start - ms(2), who)
    dc.share(start + ms(9), who, logon, ATTACKER, 51810, "IPC$")
    dc.share(start + ms(12), who, logon, ATTACKER, 51810, "IPC$", "samr", 0x3)
    drs = dc.logon(start + ms(220), who, ATTACKER, 51816)
    for number in range(accounts):
        for right in ("1131f6aa-9c07-11d1-f79f-00c04fc2dcd2", "1131f6ad-9c07-11d1-f79f-00c04fc2dcd2"):
            dc.audit(start + ms(420 + 35 * number), 4662, {
                **who.subject(drs), "ObjectServer": "DS", "ObjectType": "%{19195a5b-6da0-11d0-afd3-00c04fd930c9}",
                "ObjectName": "%" + guid("lab.example"), "OperationType": "Object Access", "HandleId": "0x0",
                "AccessList": "%%7688\r\n\t\t\t\t", "AccessMask": "0x100",
                "Properties": f"%%7688\r\n\t\t{{{right}}}\r\n\t{{19195a5b-6da0-11d0-afd3-00c04fd930c9}}\r\n",
                "AdditionalInfo": "-", "AdditionalInfo2": ""})
    dc.logoff(start + s(9), who, logon)


def intrusion():
    dc, files, ws = hosts()
    night = clock("2026-03-03T01:00:00")
    for host in (dc, files, ws):
        own_business(host, night, 3)
    user_at_work(ws, files, clock("2026-03-03T01:12:05.120000"), ALICE)

    for number in range(3):
        at = clock("2026-03-03T02:09:41.200000") + s(7 * number)
        files.failed(at, PRINT, ATTACKER, 51390 + 2 * number)
        ntlm_at_dc(dc, at - ms(4), PRINT, status="0xc000006a")
    bin32 = "C:\\Windows\\System32\\"
    wmiexec(files, dc, clock("2026-03-03T02:11:08.104330"), PRINT, [
        ("whoami", (bin32 + "whoami.exe", "whoami")),
        ("net group \"domain admins\" /domain", (bin32 + "net.exe", "net  group \"domain admins\" /domain")),
        ("tasklist /svc", (bin32 + "tasklist.exe", "tasklist  /svc")),
        ("ipconfig /all", (bin32 + "ipconfig.exe", "ipconfig  /all"))])
    secretsdump_registry(files, dc, clock("2026-03-03T02:19:33.510870"), PRINT)
    local = Who("WS7", "Administrator", "S-1-5-21-905177412-3360128845-1177230951-500")
    smbexec(ws, clock("2026-03-03T02:27:02.880210"), local, ["whoami", "quser"])
    atexec(files, dc, clock("2026-03-03T02:34:50.332450"), PRINT, "systeminfo", "vBnMqWeR")
    dcsync(dc, clock("2026-03-03T02:41:17.006120"), JONAS, 3)
    return dc, files, ws


# ---------------------------------------------------------------- the benign day

ADMIN_TASK_XML = """<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Date>2026-03-04T09:20:11</Date>
    <Author>LAB\\adm-jonas</Author>
    <URI>\\LabInventory</URI>
  </RegistrationInfo>
  <Triggers>
    <TimeTrigger>
      <StartBoundary>2026-03-04T23:00:00</StartBoundary>
      <Enabled>true</Enabled>
    </TimeTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <RunLevel>LeastPrivilege</RunLevel>
      <UserId>S-1-5-18</UserId>
    </Principal>
  </Principals>
  <Settings>
    <Enabled>true</Enabled>
    <Hidden>false</Hidden>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>cmd.exe</Command>
      <Arguments>/c C:\\Lab\\inventory.cmd &gt; C:\\Lab\\inventory.log 2&gt;&amp;1</Arguments>
    </Exec>
  </Actions>
</Task>""".replace("\n", "\r\n")


def psexec(files, at, who, address):
    """Sysinternals PsExec: its own service, its own pipes, the access masks of a Windows client."""
    port = 52110
    logon = files.logon(at, who, address, port, package="Kerberos")
    files.share(at + ms(5), who, logon, address, port, "ADMIN$")
    files.share(at + ms(9), who, logon, address, port, "ADMIN$", "PSEXESVC.exe", 0x120196)
    files.file_created(at + ms(12), "System", "C:\\Windows\\PSEXESVC.exe")
    files.share(at + ms(30), who, logon, address, port, "IPC$", "svcctl", 0x12019F)
    files.service_installed(at + ms(60), who, logon, "PSEXESVC", "%SystemRoot%\\PSEXESVC.exe")
    service = files.process(at + ms(80), "C:\\Windows\\PSEXESVC.exe", "C:\\Windows\\PSEXESVC.exe", SERVICES, SYSTEM,
                            "0x3e7")
    files.service_state(at + ms(90), "PSEXESVC", "running", "PSEXESVC")
    for name in ("", "-ADMWS1-4312-stdin", "-ADMWS1-4312-stdout", "-ADMWS1-4312-stderr"):
        files.sysmon(at + ms(100), 17, {"RuleName": "-", "EventType": "CreatePipe", "UtcTime": utc(at + ms(100)),
                                        "ProcessGuid": guid(files.name, service[2]), "ProcessId": service[2],
                                        "PipeName": f"\\PSEXESVC{name}", "Image": service[0]})
        files.share(at + ms(110), who, logon, address, port, "IPC$", f"PSEXESVC{name}",
                    0x120196 if name.endswith("stdin") else 0x120089 if name else 0x12019F)
    files.process(at + ms(200), "C:\\Windows\\System32\\ipconfig.exe", "\"ipconfig\" /all", service, who, logon,
                  integrity="High")
    files.service_state(at + s(4), "PSEXESVC", "stopped", "PSEXESVC")
    files.share(at + s(4) + ms(20), who, logon, address, port, "ADMIN$", "PSEXESVC.exe", 0x10080)
    files.logoff(at + s(5), who, logon)


def schtasks(files, at, who, address):
    """schtasks /s: a task with an author and a date, deleted again after its run."""
    port = 52140
    logon = files.logon(at, who, address, port, package="Kerberos")
    files.share(at + ms(10), who, logon, address, port, "IPC$", "atsvc", 0x12019F)
    files.audit(at + ms(50), 4698, {**who.subject(logon), "TaskName": "\\LabInventory",
                                    "TaskContent": ADMIN_TASK_XML}, activity=guid("inventory"))
    files.task(at + ms(51), 106, "TaskRegisteredEvent", {"TaskName": "\\LabInventory", "UserContext": str(who)})
    run = at + s(95)
    shell = files.process(run + ms(28), CMD, "cmd.exe /c C:\\Lab\\inventory.cmd > C:\\Lab\\inventory.log 2>&1",
                          SCHEDULE, SYSTEM, "0x3e7")
    task_events(files, run, "LabInventory", who, shell[2])
    files.audit(at + s(700), 4699, {**who.subject(logon), "TaskName": "\\LabInventory", "TaskContent": ""},
                activity=guid("inventory"))
    files.task(at + s(700), 141, "TaskDeleted", {"TaskName": "\\LabInventory", "UserName": str(who)})
    files.logoff(at + s(705), who, logon)


def benign():
    dc, files, ws = hosts()
    day = clock("2026-03-04T08:00:00")
    admin = "10.1.0.50"
    for host in (dc, files, ws):
        own_business(host, day, 2)
    kerberos(dc, day + s(310), JONAS, admin, 52010, ("krbtgt", "FILES1$", "WS7$"))
    psexec(files, day + s(3000), JONAS, admin)
    schtasks(files, day + s(4810), JONAS, admin)

    at = day + s(6200)                                  # Explorer copies an installer to ADMIN$ and deletes it
    logon = files.logon(at, JONAS, admin, 52180, package="Kerberos")
    files.share(at, JONAS, logon, admin, 52180, "ADMIN$")
    files.share(at + s(1), JONAS, logon, admin, 52180, "ADMIN$", "\\", 0x100081)
    for name, mask in (("Temp\\agent-4.2.msi", 0x17019F), ("Temp\\agent-4.2.msi", 0x120089),
                       ("Temp\\agent-4.2.msi", 0x10080)):
        at += s(30)
        files.share(at, JONAS, logon, admin, 52180, "ADMIN$", name, mask)
    files.share(at + s(8), JONAS, logon, admin, 52180, "IPC$", "srvsvc", 0x12019F)
    files.logoff(at + s(60), JONAS, logon)

    at = day + s(8100)                                  # software distribution starts an installer by WMI
    site = Who("LAB", "SITE1$", f"{DOMAIN_SID}-1190")
    logon = files.logon(at, site, "10.1.0.60", 53300, package="Kerberos")
    files.process(at + s(1), CMD, "cmd.exe /c \"C:\\Windows\\ccmcache\\1f\\install.cmd\"", WMIPRVSE, SYSTEM, "0x3e7")
    files.file_created(at + s(2), "C:\\Windows\\System32\\msiexec.exe", "C:\\Windows\\Temp\\QzLmWxPa.tmp", 6120)
    files.service_state(at + s(5), "Windows Installer", "running", "msiserver")
    files.logoff(at + s(60), site, logon)

    at = day + s(9000)                                  # a backup server: NTLM, no host name, but it keeps one tree
    backup = domain_user("svc-backup", 1121)
    logon = files.logon(at, backup, "10.1.0.77", 43210, key=128)
    ntlm_at_dc(dc, at - ms(3), backup)
    files.share(at, backup, logon, "10.1.0.77", 43210, "Projects")
    for number, name in enumerate(("plan-2026.xlsx", "budget.xlsx", "minutes\\2026-03-02.docx")):
        files.share(at + s(number), backup, logon, "10.1.0.77", 43210, "Projects", name, 0x120089)
    files.logoff(at + s(40), backup, logon)

    user_at_work(ws, files, day + s(1500), ALICE)
    user_at_work(ws, files, day + s(5400), BOB)
    logon = ws.logon(day + s(1400), ALICE, "127.0.0.1", 0, kind=2, package="Negotiate", workstation="WS7",
                     process="C:\\Windows\\System32\\svchost.exe", privileged=False)
    ws.process(day + s(1460), "C:\\Windows\\System32\\notepad.exe", "\"C:\\Windows\\system32\\notepad.exe\" ", EXPLORER,
               ALICE, logon, integrity="Medium", session=1)
    ws.file_created(day + s(1465), "C:\\Program Files\\Lab Viewer\\setup.exe",
                    "C:\\Users\\alice\\AppData\\Local\\Temp\\RtYpLkMn.tmp", 7012, ALICE)
    return dc, files, ws


def hosts():
    return (Host("dc1", "10.1.0.10", 1000, 884120), Host("files1", "10.1.0.21", 1131, 301455),
            Host("ws7", "10.1.0.107", 1137, 52208))


def main(folder):
    """Writes both stories; returns how many events each has."""
    counts = {}
    for story, tell in (("intrusion", intrusion), ("benign", benign)):
        (folder / story).mkdir(parents=True, exist_ok=True)
        counts[story] = 0
        for host in tell():
            for channel, log in host.lines().items():
                name = FILES.get(channel) or re.sub(r"\W+", "-", channel).lower()
                text = "".join(json.dumps(event, ensure_ascii=False, separators=(",", ":")) + "\n" for event in log)
                (folder / story / f"{host.name}-{name}.jsonl").write_text(text, encoding="utf-8")
                counts[story] += len(log)
    return counts


if __name__ == "__main__":
    print(main(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE), file=sys.stderr)
