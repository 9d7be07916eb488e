/* The registry and event logs: [MS-RRP] 3.1.5, [MS-EVEN] 3.1.4, [MS-EVEN6] 3.1.4. */
#include "rpc_arguments.h"

#include <stdio.h>

#define REG_SZ        1U /* [MS-RRP] 2.2.9 */
#define REG_EXPAND_SZ 2U
#define REG_DWORD     4U

/* OpenLocalMachine and its like: ServerName (PREGISTRY_SERVER_NAME), samDesired */
static void open_root(struct rpc_call *call, struct ndr *ndr)
{
    if (ndr_pointer(ndr))
        ndr_u16(ndr);
    rpc_add_hex(call, RPC_DESIRED_ACCESS, ndr_u32(ndr));
}

/* BaseRegOpenKey: hKey, lpSubKey, dwOptions, samDesired */
static void open_key(struct rpc_call *call, struct ndr *ndr)
{
    ndr_handle(ndr);
    read_unicode(call, ndr, RPC_KEY);
    ndr_u32(ndr);
    rpc_add_hex(call, RPC_DESIRED_ACCESS, ndr_u32(ndr));
}

/* BaseRegCreateKey, BaseRegDeleteKey, BaseRegUnLoadKey: hKey, lpSubKey, ... */
static void sub_key(struct rpc_call *call, struct ndr *ndr)
{
    ndr_handle(ndr);
    read_unicode(call, ndr, RPC_KEY);
}

/* BaseRegQueryValue, BaseRegDeleteValue: hKey, lpValueName, ... */
static void value_name(struct rpc_call *call, struct ndr *ndr)
{
    ndr_handle(ndr);
    read_unicode(call, ndr, RPC_VALUE_NAME);
}

/* BaseRegSetValue: hKey, lpValueName, dwType, lpData, cbData */
static void set_value(struct rpc_call *call, struct ndr *ndr)
{
    value_name(call, ndr);
    const uint32_t type = ndr_u32(ndr);
    const uint32_t length = ndr_count(ndr);
    const uint8_t *data = ndr_take(ndr, length);
    rpc_add_number(call, RPC_VALUE_TYPE, type);
    if (!data)
        return;
    struct bytes text = bytes_of(data, length & ~UINT32_C(1));
    while (text.length && load_le16(text.data + text.length - 2) == 0)
        text.length -= 2;
    char number[16];
    if (type == REG_SZ || type == REG_EXPAND_SZ)
        rpc_add_wide(call, RPC_VALUE, text);
    else if (type == REG_DWORD && length == 4)
        rpc_add_text(
            call, RPC_VALUE,
            bytes_of(number, (size_t)snprintf(number, sizeof(number), "%u", load_le32(data))));
}

/* BaseRegSaveKey, BaseRegSaveKeyEx, BaseRegRestoreKey: hKey, lpFile, ... */
static void save_key(struct rpc_call *call, struct ndr *ndr)
{
    ndr_handle(ndr);
    read_unicode(call, ndr, RPC_SAVE_PATH);
}

/* BaseRegLoadKey: hKey, lpSubKey, lpFile */
static void load_key(struct rpc_call *call, struct ndr *ndr)
{
    sub_key(call, ndr);
    read_unicode(call, ndr, RPC_FILE_NAME);
}

/* ElfrClearELFW, ElfrBackupELFW: LogHandle, BackupFileName */
static void log_backup(struct rpc_call *call, struct ndr *ndr)
{
    ndr_handle(ndr);
    if (ndr_pointer(ndr))
        read_unicode(call, ndr, RPC_FILE_NAME);
}

static void backup_log(struct rpc_call *call, struct ndr *ndr)
{
    ndr_handle(ndr);
    read_unicode(call, ndr, RPC_FILE_NAME);
}

/* ElfrOpenELW, ElfrRegisterEventSourceW: UNCServerName (one character), ModuleName, ... */
static void open_log(struct rpc_call *call, struct ndr *ndr)
{
    if (ndr_pointer(ndr))
        ndr_u16(ndr);
    read_unicode(call, ndr, RPC_LOG_NAME);
}

/* ElfrOpenBELW: UNCServerName, BackupFileName, ... */
static void open_backup(struct rpc_call *call, struct ndr *ndr)
{
    if (ndr_pointer(ndr))
        ndr_u16(ndr);
    read_unicode(call, ndr, RPC_FILE_NAME);
}

/* EvtRpcRegisterRemoteSubscription: channelPath, query, ... */
static void subscribe(struct rpc_call *call, struct ndr *ndr)
{
    rpc_add_wide(call, RPC_LOG_NAME, ndr_wide_pointer(ndr));
    rpc_add_wide(call, RPC_QUERY, ndr_wide(ndr));
}

/* EvtRpcRegisterLogQuery: path, query, flags */
static void log_query(struct rpc_call *call, struct ndr *ndr)
{
    rpc_add_wide(call, RPC_LOG_NAME, ndr_wide_pointer(ndr));
    rpc_add_wide(call, RPC_QUERY, ndr_wide(ndr));
    rpc_add_hex(call, RPC_REQUEST_FLAGS, ndr_u32(ndr));
}

/* EvtRpcClearLog: control, channelPath, backupPath, flags */
static void clear_log(struct rpc_call *call, struct ndr *ndr)
{
    ndr_handle(ndr);
    rpc_add_wide(call, RPC_LOG_NAME, ndr_wide(ndr));
    rpc_add_wide(call, RPC_FILE_NAME, ndr_wide_pointer(ndr));
}

/* EvtRpcExportLog: control, channelPath, query, backupPath, flags */
static void export_log(struct rpc_call *call, struct ndr *ndr)
{
    ndr_handle(ndr);
    rpc_add_wide(call, RPC_LOG_NAME, ndr_wide_pointer(ndr));
    rpc_add_wide(call, RPC_QUERY, ndr_wide(ndr));
    rpc_add_wide(call, RPC_FILE_NAME, ndr_wide(ndr));
}

static const struct argument_row rows[] = {
    {"winreg", 0, open_root},    {"winreg", 1, open_root},     {"winreg", 2, open_root},
    {"winreg", 3, open_root},    {"winreg", 4, open_root},     {"winreg", 6, sub_key},
    {"winreg", 7, sub_key},      {"winreg", 8, value_name},    {"winreg", 13, load_key},
    {"winreg", 15, open_key},    {"winreg", 17, value_name},   {"winreg", 19, save_key},
    {"winreg", 20, save_key},    {"winreg", 22, set_value},    {"winreg", 23, sub_key},
    {"winreg", 27, open_root},   {"winreg", 31, save_key},     {"winreg", 35, sub_key},
    {"eventlog", 0, log_backup}, {"eventlog", 1, backup_log},  {"eventlog", 7, open_log},
    {"eventlog", 8, open_log},   {"eventlog", 9, open_backup}, {"eventlog6", 0, subscribe},
    {"eventlog6", 5, log_query}, {"eventlog6", 6, clear_log},  {"eventlog6", 7, export_log},
};

const struct argument_rows arguments_registry = {rows, COUNT_OF(rows)};
