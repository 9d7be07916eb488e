#!/usr/bin/env python3
"""data/rpc-interfaces.csv as C tables: make-rpc-interfaces.py CSV OUTPUT."""
import sys
import uuid


def main(source, target):
    interfaces, operations = {}, {}
    for line in open(source, encoding="utf-8"):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        kind, key, *rest = line.split(",")
        if kind == "interface":
            interfaces[uuid.UUID(key)] = (*rest[0].split("."), rest[1])
        else:
            operations.setdefault(uuid.UUID(key), {})[int(rest[0])] = rest[1]
    with open(target, "w", encoding="ascii") as out:
        out.write('#include "readers/capture/rpc/rpc_interface.h"\n\n')
        for key, names in operations.items():
            out.write(f"static const struct rpc_operation operations_{key.hex}[] = {{\n")
            for opnum, name in sorted(names.items()):
                out.write(f'    {{{opnum}, "{name}"}},\n')
            out.write("};\n\n")
        out.write("const struct rpc_interface rpc_interfaces[] = {\n")
        for key, (major, minor, name) in sorted(interfaces.items(), key=lambda item: item[0].bytes_le):
            octets = ", ".join(str(byte) for byte in key.bytes_le)
            names = operations.get(key)
            table = f"operations_{key.hex}, {len(names)}" if names else "0, 0"
            out.write(f'    {{{{{octets}}}, {major}, {minor}, "{name}", {table}}},\n')
        out.write("};\n")
        out.write(f"const unsigned rpc_interface_count = {len(interfaces)};\n")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
