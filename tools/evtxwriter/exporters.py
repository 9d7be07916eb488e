# SPDX-License-Identifier: Apache-2.0
"""The same events as other programs export them, so that a reader can be tested by one log written every way.

The shapes follow public samples of each program's output. What a format loses (record numbers, digits of the
time, hexadecimal notation, which field was where) is lost here too; what it adds from elsewhere (the rendered
message, names of tasks and accounts) is made up from the event itself, the same every time.
"""
import datetime
import ipaddress
import json
import ntpath

from . import events, xmltree
from .binxml import Elem, expand

FORMATS = {}

LEVELS = {0: "information", 1: "critical", 2: "error", 3: "warning", 4: "information", 5: "verbose"}
AUDIT_SUCCESS, AUDIT_FAILURE = 1 << 53, 1 << 52


def exporter(name, text):
    """Registers a function from a list of events to the bytes of a file."""
    def register(function):
        FORMATS[name] = (function, text)
        return function
    return register


def dumps(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def lines(values):
    return "".join(dumps(value) + "\n" for value in values).encode("utf-8", "surrogatepass")


class Facts:
    """What every exporter asks of an event."""

    def __init__(self, event):
        self.body = event["Event"]
        self.system = self.body["System"]
        self.channel = self.system.get("Channel") or ""
        self.computer = self.system.get("Computer") or ""
        provider = self.attrs("Provider")
        self.provider, self.guid = provider.get("Name", ""), provider.get("Guid")
        self.event_id = self.text("EventID")
        self.keywords = int(str(self.system.get("Keywords") or "0"), 0)
        self.time = self.attrs("TimeCreated").get("SystemTime", "")
        self.record = self.system.get("EventRecordID")
        self.user = self.attrs("Security").get("UserID")
        self.is_sysmon = self.provider == "Microsoft-Windows-Sysmon"

    def attrs(self, name):
        value = self.system.get(name)
        return value.get("#attributes", {}) if isinstance(value, dict) else {}

    def text(self, name):
        value = self.system.get(name)
        return value.get("#text") if isinstance(value, dict) else value

    @property
    def data(self):
        """EventData as (name, value) pairs; what has no name is called Data."""
        out = []
        for name, value in (self.body.get("EventData") or {}).items():
            if name == "#attributes":
                continue
            if name == "Data" and isinstance(value, dict):
                value = value.get("#text")
            out += [(name, item) for item in (value if isinstance(value, list) else [value])]
        return out

    def numbered(self, style):
        """EventData with names that are unique: style(number) names the unnamed."""
        out = {}
        unnamed = 0
        for name, value in self.data:
            if name == "Data":
                name = style(unnamed)
                unnamed += 1
            out.setdefault(name, value)
        return out

    def moment(self):
        return datetime.datetime.fromisoformat(self.time[:19])

    def message(self):
        pairs = self.data or leaves(self.body.get("UserData"))
        return f"{self.provider} event {self.event_id}\r\n" + "\r\n".join(f"{k}: {plain(v)}" for k, v in pairs)

    def milliseconds(self):
        return self.time[:23] + "Z"


def plain(value):
    """A value as text, the way XML has it."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def leaves(data):
    """The leaves of UserData as (name, value) pairs, attributes left out."""
    if not isinstance(data, dict):
        return []
    out = []
    for name, value in data.items():
        if name.startswith("#"):
            continue
        if isinstance(value, dict):
            out += leaves(value) or [(name, value.get("#text"))]
        else:
            out += [(name, item) for item in (value if isinstance(value, list) else [value])]
    return out


def account(facts):
    """(domain, name) of the account in Security; only well-known ones can be told without the domain."""
    known = {"S-1-5-18": "SYSTEM", "S-1-5-19": "LOCAL SERVICE", "S-1-5-20": "NETWORK SERVICE"}
    if facts.user in known:
        return "NT AUTHORITY", known[facts.user]
    return None


# ---------------------------------------------------------------- the evtx crate, its users

@exporter("evtx-dump", "evtx_dump -o jsonl")
def evtx_dump(log):
    return lines(log)


@exporter("evtx-dump-json", "evtx_dump -o json: a line 'Record N' before each indented object")
def evtx_dump_json(log):
    return "".join(f"Record {number}\n{json.dumps(event, indent=2, ensure_ascii=False)}\n"
                   for number, event in enumerate(log, 1)).encode("utf-8", "surrogatepass")


@exporter("json-array", "one JSON array on one line")
def json_array(log):
    return (dumps(log) + "\n").encode("utf-8", "surrogatepass")


@exporter("json-concatenated", "indented objects one after the other, nothing between them")
def json_concatenated(log):
    return "".join(json.dumps(event, indent=2, ensure_ascii=False) + "\n" for event in log).encode(
        "utf-8", "surrogatepass")


def separate(data):
    """The structure with attributes in members of their own, as the evtx crate writes it for Chainsaw."""
    out = {}
    for name, value in data.items():
        if isinstance(value, dict) and "#attributes" in value:
            out[f"{name}_attributes"] = value["#attributes"]
            rest = {key: item for key, item in value.items() if key != "#attributes"}
            if set(rest) == {"#text"}:
                out[name] = rest["#text"]
            elif rest:
                out[name] = separate(rest)
        else:
            out[name] = separate(value) if isinstance(value, dict) else value
    return out


@exporter("chainsaw-json", "chainsaw dump --json: a list of events, attributes apart")
def chainsaw_json(log):
    return json.dumps([separate(event) for event in log], indent=2, ensure_ascii=False).encode(
        "utf-8", "surrogatepass")


@exporter("chainsaw-jsonl", "chainsaw dump --jsonl")
def chainsaw_jsonl(log):
    return lines(separate(event) for event in log)


def hayabusa_row(event):
    facts = Facts(event)
    short = {"Security": "Sec", "System": "Sys", "Application": "App", "Windows PowerShell": "PwShClassic",
             "Microsoft-Windows-Sysmon/Operational": "Sysmon", "Microsoft-Windows-PowerShell/Operational": "PwSh",
             "Microsoft-Windows-TaskScheduler/Operational": "TaskSch"}
    fields = facts.numbered(lambda n: f"Data[{n + 1}]") or dict(leaves(facts.body.get("UserData")))
    return {"Timestamp": facts.time[:23].replace("T", " ") + " +00:00", "RuleTitle": f"Event {facts.event_id}",
            "Level": "info", "Computer": facts.computer, "Channel": short.get(facts.channel, facts.channel),
            "EventID": facts.event_id, "RecordID": facts.record, "AllFieldInfo": fields,
            "RuleFile": "Event.yml", "EvtxFile": "log.evtx"}


@exporter("hayabusa-json", "hayabusa json-timeline, profile all-field-info: indented objects, no list")
def hayabusa_json(log):
    return "".join(json.dumps(hayabusa_row(event), indent=4, ensure_ascii=False) + "\n" for event in log).encode(
        "utf-8", "surrogatepass")


@exporter("hayabusa-jsonl", "hayabusa json-timeline -L, profile all-field-info")
def hayabusa_jsonl(log):
    return lines(hayabusa_row(event) for event in log)


# ---------------------------------------------------------------- Winlogbeat

def winlogbeat_event(event):
    facts = Facts(event)
    winlog = {"api": "wineventlog", "channel": facts.channel, "computer_name": facts.computer,
              "event_data": {name: plain(value) for name, value in
                             facts.numbered(lambda n: f"param{n + 1}").items() if plain(value)},
              "event_id": plain(facts.event_id), "opcode": "Info", "provider_name": facts.provider,
              "record_id": facts.record, "task": f"Task {facts.system.get('Task')}"}
    if facts.guid:
        winlog["provider_guid"] = facts.guid
    if facts.system.get("Version"):
        winlog["version"] = facts.system["Version"]
    execution = facts.attrs("Execution")
    if execution:
        winlog["process"] = {"pid": execution.get("ProcessID"), "thread": {"id": execution.get("ThreadID")}}
    activity = facts.attrs("Correlation").get("ActivityID")
    if activity:
        winlog["activity_id"] = activity
    if facts.user:
        winlog["user"] = {"identifier": facts.user}
        if account(facts):
            winlog["user"].update(zip(("domain", "name", "type"), (*account(facts), "Well Known Group")))
    keywords = [text for bit, text in ((AUDIT_SUCCESS, "Audit Success"), (AUDIT_FAILURE, "Audit Failure"),
                                       (1 << 55, "Classic")) if facts.keywords & bit]
    if keywords:
        winlog["keywords"] = keywords
    if facts.body.get("UserData"):
        (name, data), *_ = facts.body["UserData"].items()
        winlog["user_data"] = {"xml_name": name, **{key: plain(value) for key, value in leaves({name: data})}}
    if not winlog["event_data"]:
        del winlog["event_data"]
    out = {"@timestamp": facts.milliseconds(),
           "event": {"action": winlog["task"], "code": winlog["event_id"], "created": facts.milliseconds(),
                     "kind": "event", "provider": facts.provider},
           "host": {"name": facts.computer},
           "log": {"level": LEVELS.get(facts.system.get("Level"), "information")},
           "message": facts.message().replace("\r\n", "\n"), "winlog": winlog,
           "agent": {"hostname": facts.computer, "type": "winlogbeat", "version": "8.17.0"},
           "ecs": {"version": "8.0.0"}}
    if keywords and keywords[0].startswith("Audit"):
        out["event"]["outcome"] = keywords[0].split()[1].lower()
    return out


@exporter("winlogbeat", "Winlogbeat, one document a line")
def winlogbeat(log):
    return lines(winlogbeat_event(event) for event in log)


def put(out, path, value):
    *parents, last = path.split(".")
    for name in parents:
        out = out.setdefault(name, {})
    out[last] = value


# Where the Sysmon module of Winlogbeat moves fields to; "#" marks numbers.
SYSMON_FIELDS = {
    "ProcessGuid": "process.entity_id", "ProcessId": "#process.pid", "CommandLine": "process.command_line",
    "CurrentDirectory": "process.working_directory", "ParentProcessGuid": "process.parent.entity_id",
    "ParentProcessId": "#process.parent.pid", "ParentCommandLine": "process.parent.command_line",
    "OriginalFileName": "process.pe.original_file_name", "SourceIp": "source.ip", "SourcePort": "#source.port",
    "SourceHostname": "source.domain", "DestinationIp": "destination.ip", "DestinationPort": "#destination.port",
    "DestinationHostname": "destination.domain", "Protocol": "network.transport", "PipeName": "file.name",
    "QueryName": "dns.question.name", "TargetObject": "registry.path"}
SYSMON_PATHS = {"Image": "process", "ParentImage": "process.parent"}
SYSMON_ACTIONS = {
    1: ("Process creation", "process", "start"), 3: ("Network connection detected", "network", "start"),
    5: ("Process terminated", "process", "end"), 7: ("Image loaded", "process", "change"),
    11: ("File created", "file", "creation"), 12: ("Registry object added or deleted", "registry", "change"),
    13: ("Registry value set", "registry", "change"), 17: ("Pipe Created", "file", "creation"),
    18: ("Pipe Connected", "file", "access"), 22: ("DNSEvent (DNS query)", "network", "info"),
    23: ("File Delete archived", "file", "deletion")}


def ecs_sysmon(out, facts):
    data = out["winlog"].pop("event_data", {})
    target = "process" if facts.event_id == 1 else "dll" if facts.event_id == 7 else "file"
    for name in list(data):
        value = data[name]
        if name in SYSMON_FIELDS:
            path = SYSMON_FIELDS[name]
            put(out, path.lstrip("#"), int(value) if path[0] == "#" else value)
        elif name in SYSMON_PATHS:
            put(out, SYSMON_PATHS[name] + ".executable", value)
            put(out, SYSMON_PATHS[name] + ".name", ntpath.basename(value))
        elif name == "TargetFilename":
            out["file"] = {"path": value, "directory": ntpath.dirname(value), "name": ntpath.basename(value),
                           "extension": ntpath.splitext(value)[1].lstrip(".")}
        elif name == "ImageLoaded":
            out["dll"] = {"path": value, "name": ntpath.basename(value)}
        elif name == "User":
            domain, _, user = value.rpartition("\\")
            out.setdefault("user", {}).update(domain=domain, name=user)
            out["related"] = {"user": [user]}
        elif name == "Hashes":
            for part in value.split(","):
                kind, _, digest = part.partition("=")
                put(out, f"{target}.pe.imphash" if kind == "IMPHASH" else f"{target}.hash.{kind.lower()}",
                    digest.lower())
        elif name == "Details":
            put(out, "registry.data", {"strings": [value], "type": "SZ"})
        elif name == "Initiated":
            put(out, "network.direction", "egress" if value == "true" else "ingress")
        elif name == "UtcTime":
            out["@timestamp"] = value.replace(" ", "T") + "Z"
        elif not (name == "RuleName" and value == "-"):
            continue
        del data[name]
    if data:
        out["winlog"]["event_data"] = data
    if "source" in out:
        put(out, "network.type", f"ipv{ipaddress.ip_address(out['source']['ip']).version}")
    action, category, kind = SYSMON_ACTIONS.get(facts.event_id, (None, None, None))
    out["event"].update(module="sysmon", **({"action": action, "category": [category], "type": [kind]}
                                            if action else {}))
    if facts.user:
        out.setdefault("user", {})["id"] = facts.user


def ecs_security(out, facts):
    data = {name: plain(value) for name, value in facts.data}
    out["event"]["module"] = "security"
    if facts.event_id == 4688:
        process = {"executable": data.get("NewProcessName", ""), "pid": int(data.get("NewProcessId", "0"), 0),
                   "name": ntpath.basename(data.get("NewProcessName", "")),
                   "parent": {"executable": data.get("ParentProcessName", ""),
                              "name": ntpath.basename(data.get("ParentProcessName", "")),
                              "pid": int(data.get("ProcessId", "0"), 0)}}
        if data.get("CommandLine"):
            process["command_line"] = data["CommandLine"]
        out["process"] = process
        out["event"].update(action="created-process", category=["process"], type=["start"])
    who = "Target" if facts.event_id in (4624, 4625, 4634, 4648) else "Subject"
    name = data.get(f"{who}UserName")
    if name and name != "-":
        out["user"] = {"name": name, "domain": data.get(f"{who}DomainName", ""),
                       "id": data.get(f"{who}UserSid", data.get(f"{who}Sid", ""))}
        out["related"] = {"user": [name]}
    if data.get(f"{who}LogonId"):
        out["winlog"]["logon"] = {"id": data[f"{who}LogonId"]}
    if data.get("IpAddress", "-") != "-":
        address = data["IpAddress"].removeprefix("::ffff:")
        out["source"] = {"ip": address}
        if data.get("IpPort", "-").isdigit():
            out["source"]["port"] = int(data["IpPort"])
        out.setdefault("related", {})["ip"] = [address]


@exporter("winlogbeat-ecs", "Winlogbeat after its Sysmon and Security modules: fields moved to ECS")
def winlogbeat_ecs(log):
    out = []
    for event in log:
        facts, document = Facts(event), winlogbeat_event(event)
        document["winlog"]["record_id"] = plain(facts.record)
        if facts.is_sysmon:
            ecs_sysmon(document, facts)
        elif facts.channel == "Security":
            ecs_security(document, facts)
        out.append(document)
    return lines(out)


# ---------------------------------------------------------------- NXLog and what is made of it

def nxlog_event(event, iso=False):
    facts = Facts(event)
    level = facts.system.get("Level") or 0
    kind = ("AUDIT_SUCCESS" if facts.keywords & AUDIT_SUCCESS else "AUDIT_FAILURE" if facts.keywords & AUDIT_FAILURE
            else {1: "CRITICAL", 2: "ERROR", 3: "WARNING", 5: "VERBOSE"}.get(level, "INFO"))
    severity = {"AUDIT_FAILURE": ("ERROR", 4), "ERROR": ("ERROR", 4), "WARNING": ("WARNING", 3),
                "CRITICAL": ("CRITICAL", 5), "VERBOSE": ("DEBUG", 1)}.get(kind, ("INFO", 2))
    time = f"{facts.time[:26]}+00:00" if iso else facts.time[:19].replace("T", " ")
    keywords = facts.keywords - (1 << 64) if facts.keywords >= 1 << 63 else facts.keywords
    execution = facts.attrs("Execution")
    out = {"EventTime": time, "Hostname": facts.computer,
           "Keywords": f"{facts.keywords}" if iso else keywords, "EventType": kind,
           "SeverityValue": severity[1], "Severity": severity[0], "EventID": facts.event_id,
           "SourceName": facts.provider}
    if facts.guid:
        out["ProviderGuid"] = facts.guid.upper()
    out.update({"Version": facts.system.get("Version") or 0, "Task": facts.system.get("Task") or 0,
                "OpcodeValue": facts.system.get("Opcode") or 0, "RecordNumber": facts.record})
    activity = facts.attrs("Correlation").get("ActivityID")
    if activity:
        out["ActivityID"] = activity.upper()
    out.update({"ExecutionProcessID" if iso else "ProcessID": execution.get("ProcessID", 0),
                ("ExecutionThreadID" if iso else "ThreadID"): execution.get("ThreadID", 0),
                "Channel": facts.channel})
    if facts.user:
        if account(facts):
            out.update(Domain=account(facts)[0], AccountName=account(facts)[1])
        out.update(UserID=facts.user, AccountType="User")
    out["Message"] = facts.message()
    out["Opcode"] = "Info"
    fields = facts.numbered(lambda n: f"Data_{n}" if n else "Data") or dict(leaves(facts.body.get("UserData")))
    for name, value in fields.items():
        out.setdefault(name, plain(value))
    out.update({"EventReceivedTime": time, "SourceModuleName": "eventlog", "SourceModuleType": "im_msvistalog"})
    return out


@exporter("nxlog", "NXLog to_json(), im_msvistalog of version 2 to 4: no zone in EventTime, signed Keywords")
def nxlog(log):
    return lines(nxlog_event(event) for event in log)


@exporter("nxlog5", "NXLog to_json(), version 5: ISO times, Execution* names")
def nxlog5(log):
    return lines(nxlog_event(event, True) for event in log)


@exporter("mordor", "Security-Datasets: NXLog through Logstash")
def mordor(log):
    out = []
    for event in log:
        row, facts = nxlog_event(event), Facts(event)
        row["ExecutionProcessID"] = row.pop("ProcessID")
        local = (facts.moment() - datetime.timedelta(hours=4)).isoformat(sep=" ")   # the collector's own zone
        row.update({"EventTime": local, "EventReceivedTime": local, "@timestamp": facts.milliseconds(),
                    "@version": "1", "host": "wec.lab.example", "port": 64545, "tags": ["mordorDataset"]})
        if facts.is_sysmon and "EventType" in dict(facts.data):
            row["EventTypeOrignal"], row["EventType"] = row["EventType"], dict(facts.data)["EventType"]
        out.append(dict(sorted(row.items(), key=lambda pair: hash_free_order(pair[0]))))
    return lines(out)


def hash_free_order(name):
    """Logstash writes members in no order at all; the same disorder every time."""
    return sum((at + 7) * ord(char) for at, char in enumerate(name)) % 97, name


@exporter("mordor-flat", "Security-Datasets, later ones: Get-WinEvent flattened, numbers as strings")
def mordor_flat(log):
    out = []
    for event in log:
        facts = Facts(event)
        row = {"SourceName": facts.provider, "ProviderGuid": facts.guid, "Level": plain(facts.system.get("Level")),
               "Keywords": facts.system.get("Keywords"), "Channel": facts.channel, "Hostname": facts.computer,
               "TimeCreated": facts.milliseconds(), "@timestamp": facts.milliseconds(), "EventID": facts.event_id,
               "Message": facts.message(), "Task": plain(facts.system.get("Task"))}
        fields = facts.numbered(lambda n: f"Data_{n}" if n else "Data") or dict(leaves(facts.body.get("UserData")))
        row.update((name, plain(value)) for name, value in fields.items() if name not in row)
        out.append({name: value for name, value in row.items() if value is not None})
    return lines(out)


# ---------------------------------------------------------------- Velociraptor

def velociraptor_value(name, value, old):
    """Velociraptor's own parser: GUIDs in capitals without braces; before 2021 hexadecimal numbers as numbers."""
    if isinstance(value, list):
        return [velociraptor_value(name, item, old) for item in value]
    if isinstance(value, dict):
        return velociraptor_object(value, old)
    if value is None:
        return ""
    if isinstance(value, str) and events.GUID_TEXT.fullmatch(value):
        return value[1:-1].upper()
    if old and isinstance(value, str) and name in events.HEX_FIELDS and events.HEX_TEXT.fullmatch(value):
        return int(value, 16)
    return value


def velociraptor_object(data, old):
    out = dict(data.get("#attributes", {}))
    for name, value in data.items():
        if name == "#text":
            out["Value"] = velociraptor_value(name, value, old)
        elif name == "Data" and isinstance(value, dict) and list(value) == ["#text"]:
            out["Data"] = value["#text"]
        elif name != "#attributes":
            out[name] = velociraptor_value(name, value, old)
    return {name: velociraptor_value(name, value, old) for name, value in out.items()}


def epoch(time):
    ticks = events.filetime(time) or 0
    return round((ticks - 116_444_736_000_000_000) / 10_000_000, 7)


def velociraptor_event(event, old=False):
    facts = Facts(event)
    system = {}
    for name, value in facts.system.items():
        if name == "EventID":
            system[name] = {"Value": facts.event_id, **facts.attrs("EventID")}
        elif name == "TimeCreated":
            system[name] = {"SystemTime": epoch(facts.time)}
        elif name == "Keywords":
            system[name] = facts.keywords if old else value
        elif name == "Provider":
            system[name] = facts.attrs("Provider")
        else:
            system[name] = velociraptor_value(name, {} if value is None else value, old)
    out = {"System": system}
    for name in ("EventData", "UserData"):
        if name in facts.body:
            out[name] = velociraptor_object(facts.body[name] or {}, old)
    return out


@exporter("velociraptor", "Velociraptor parse_evtx(): System, EventData, Message")
def velociraptor(log):
    return lines({**velociraptor_event(event), "Message": Facts(event).message()} for event in log)


@exporter("velociraptor-old", "Velociraptor before 2021: hexadecimal numbers and Keywords as decimal numbers")
def velociraptor_old(log):
    return lines(velociraptor_event(event, True) for event in log)


@exporter("velociraptor-hunter", "Velociraptor Windows.EventLogs.EvtxHunter: System flattened into columns")
def velociraptor_hunter(log):
    rows = []
    for event in log:
        facts, row = Facts(event), velociraptor_event(event)
        rows.append({"EventTime": facts.time[:26].rstrip("0").rstrip(".") + "Z", "Computer": facts.computer,
                     "Channel": facts.channel, "Provider": facts.provider, "EventID": facts.event_id,
                     "EventRecordID": facts.record, "UserSID": facts.user or "",
                     "Username": "\\".join(account(facts) or ()), "EventData": row.get("EventData", {}),
                     "UserData": row.get("UserData", {}), "Message": facts.message(),
                     "OSPath": "C:\\Windows\\System32\\winevt\\Logs\\log.evtx"})
    return lines(rows)


# ---------------------------------------------------------------- XML

def xml(event):
    (root,) = expand(events.build_event(event))
    return write_xml(root, False)


def write_xml(element, in_system):
    """As Windows renders it: only elements of System that are closed at once are written that way."""
    attrs = "".join(f" {name}='{xmltree.xml_text(nodes, True)}'" for name, nodes in element.attrs)
    if not element.children and in_system:
        return f"<{element.name}{attrs}/>"
    inner = "".join(write_xml(node, element.name == "System") if isinstance(node, Elem) else xmltree.xml_text([node])
                    for node in element.children)
    return f"<{element.name}{attrs}>{inner}</{element.name}>"


@exporter("splunk-xml", "Splunk with renderXml: one <Event> a line, as far as values have no line ends")
def splunk_xml(log):
    return "".join(xml(event) + "\n" for event in log).encode("utf-8", "replace")


@exporter("wevtutil-xml", "wevtutil qe /f:xml: events one after the other, no root, CRLF")
def wevtutil_xml(log):
    return "".join(xml(event) + "\r\n" for event in log).encode("utf-8", "replace")


@exporter("wevtutil-xml-root", "wevtutil qe /f:xml /e:Events: with a root element")
def wevtutil_xml_root(log):
    return "".join(["<Events>\r\n", *(xml(event) + "\r\n" for event in log), "</Events>\r\n"]).encode(
        "utf-8", "replace")


@exporter("wevtutil-xml-utf16", "the same, redirected by PowerShell: UTF-16LE with a byte order mark")
def wevtutil_xml_utf16(log):
    text = wevtutil_xml_root(log).decode("utf-8")
    return b"\xff\xfe" + text.encode("utf-16-le")


@exporter("eventviewer-xml", "Event Viewer, Save as XML: declaration, byte order mark, everything on one line")
def eventviewer_xml(log):
    text = '<?xml version="1.0" encoding="utf-8" standalone="yes"?>\r\n<Events>' + "".join(
        xml(event) for event in log) + "</Events>"
    return b"\xef\xbb\xbf" + text.encode("utf-8", "replace")


def export(name, log):
    return FORMATS[name][0](log)
