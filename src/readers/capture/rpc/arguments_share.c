/* Shares, workstations, files, printers, sessions, certificates: [MS-SRVS] 3.1.4, [MS-WKST] 3.2.4,
 * [MS-DFSNM] 3.1.4, [MS-FSRVP] 3.1.4, [MS-EFSR] 3.1.4, [MS-RPRN] 3.1.4, [MS-PAR] 3.1.4, [MS-TSTS]
 * 3, [MS-ICPR] 3.2.4. */
#include "rpc_arguments.h"

/* --- srvsvc, wkssvc --- */

/* NetrServerGetInfo, NetrWkstaGetInfo: ServerName, Level; NetrWkstaUserEnum: ServerName, Level in
 * the structure that follows */
static void server_level(struct rpc_call *call, struct ndr *ndr)
{
    read_server(call, ndr);
    rpc_add_number(call, RPC_LEVEL, ndr_u32(ndr));
}

/* NetrSessionEnum, NetrSessionDel: ServerName, ClientName, UserName, ... */
static void server_session(struct rpc_call *call, struct ndr *ndr)
{
    read_server(call, ndr);
    rpc_add_wide(call, RPC_CLIENT_NAME, ndr_wide_pointer(ndr));
    rpc_add_wide(call, RPC_ACCOUNT_NAME, ndr_wide_pointer(ndr));
}

static void session_enum(struct rpc_call *call, struct ndr *ndr)
{
    server_session(call, ndr);
    rpc_add_number(call, RPC_LEVEL, ndr_u32(ndr));
}

/* NetrFileEnum: ServerName, BasePath, UserName, ... */
static void file_enum(struct rpc_call *call, struct ndr *ndr)
{
    read_server(call, ndr);
    rpc_add_wide(call, RPC_FILE_NAME, ndr_wide_pointer(ndr));
    rpc_add_wide(call, RPC_ACCOUNT_NAME, ndr_wide_pointer(ndr));
}

/* NetrConnectionEnum: ServerName, Qualifier, ... */
static void connection_enum(struct rpc_call *call, struct ndr *ndr)
{
    read_server(call, ndr);
    rpc_add_wide(call, RPC_SHARE_NAME, ndr_wide_pointer(ndr));
}

/* NetrShareAdd: ServerName, Level, InfoStruct: for levels 2 and 502 netname, type, remark,
 * permissions, max_uses, current_uses, path, passwd, ... */
static void share_add(struct rpc_call *call, struct ndr *ndr)
{
    server_level(call, ndr);
    const uint32_t level = ndr_u32(ndr);
    if ((level != 2 && level != 502) || !ndr_pointer(ndr))
        return;
    const bool has_name = ndr_pointer(ndr);
    ndr_u32(ndr);
    const bool has_remark = ndr_pointer(ndr);
    for (unsigned i = 0; i < 3; i++)
        ndr_u32(ndr);
    const bool has_path = ndr_pointer(ndr);
    ndr_pointer(ndr);
    if (level == 502) {
        ndr_u32(ndr);
        ndr_pointer(ndr);
    }
    if (has_name)
        rpc_add_wide(call, RPC_SHARE_NAME, ndr_wide(ndr));
    if (has_remark)
        ndr_wide(ndr);
    if (has_path)
        rpc_add_wide(call, RPC_SHARE_PATH, ndr_wide(ndr));
}

/* NetrShareDel: ServerName, NetName, Reserved */
static void share_name(struct rpc_call *call, struct ndr *ndr)
{
    read_server(call, ndr);
    rpc_add_wide(call, RPC_SHARE_NAME, ndr_wide(ndr));
}

/* NetrShareGetInfo, NetrShareSetInfo: ServerName, NetName, Level, ... */
static void share_info(struct rpc_call *call, struct ndr *ndr)
{
    share_name(call, ndr);
    rpc_add_number(call, RPC_LEVEL, ndr_u32(ndr));
}

/* --- netdfs, FileServerVssAgent, efs --- */

/* NetrDfsAddStdRoot, NetrDfsRemoveStdRoot: ServerName, RootShare, ... */
static void dfs_root(struct rpc_call *call, struct ndr *ndr)
{
    rpc_add_wide(call, RPC_SERVER_NAME, ndr_wide(ndr));
    rpc_add_wide(call, RPC_SHARE_NAME, ndr_wide(ndr));
}

/* NetrDfsAddFtRoot, NetrDfsRemoveFtRoot: ServerName, DcName, RootShare, ... */
static void dfs_domain_root(struct rpc_call *call, struct ndr *ndr)
{
    rpc_add_wide(call, RPC_SERVER_NAME, ndr_wide(ndr));
    rpc_add_wide(call, RPC_COMPUTER_NAME, ndr_wide(ndr));
    rpc_add_wide(call, RPC_SHARE_NAME, ndr_wide(ndr));
}

/* NetrDfsAdd: DfsEntryPath, ServerName, ShareName, ... */
static void dfs_add(struct rpc_call *call, struct ndr *ndr)
{
    rpc_add_wide(call, RPC_FILE_NAME, ndr_wide(ndr));
    rpc_add_wide(call, RPC_SERVER_NAME, ndr_wide(ndr));
    rpc_add_wide(call, RPC_SHARE_NAME, ndr_wide_pointer(ndr));
}

/* EfsRpcOpenFileRaw, EfsRpcEncryptFileSrv ...: FileName, ...; IsPathSupported: ShareName */
static void file_name(struct rpc_call *call, struct ndr *ndr)
{
    rpc_add_wide(call, RPC_FILE_NAME, ndr_wide(ndr));
}

/* EfsRpcAddUsersToFileEx, EfsRpcFileKeyInfoEx: flags, Reserved, FileName, ... */
static void flags_file_name(struct rpc_call *call, struct ndr *ndr)
{
    ndr_u32(ndr);
    if (!ndr_pointer(ndr))
        file_name(call, ndr);
}

/* AddToShadowCopySet: ClientShadowCopyId, ShadowCopySetId, ShareName */
static void shadow_copy(struct rpc_call *call, struct ndr *ndr)
{
    ndr_take(ndr, 32);
    file_name(call, ndr);
}

/* --- spoolss, IRemoteWinspool --- */

/* RpcOpenPrinter, RpcOpenPrinterEx, RpcAsyncOpenPrinter: pPrinterName, ... */
static void open_printer(struct rpc_call *call, struct ndr *ndr)
{
    rpc_add_wide(call, RPC_PRINTER_NAME, ndr_wide_pointer(ndr));
}

/* RpcRemoteFindFirstPrinterChangeNotification, ...NotificationEx: hPrinter, fdwFlags, fdwOptions,
 * pszLocalMachine, ... */
static void printer_notification(struct rpc_call *call, struct ndr *ndr)
{
    ndr_handle(ndr);
    ndr_u32(ndr);
    ndr_u32(ndr);
    rpc_add_wide(call, RPC_LOCAL_MACHINE, ndr_wide_pointer(ndr));
}

/* RpcAddPrinterDriver, RpcAddPrinterDriverEx, RpcAsyncAddPrinterDriver: pName, pDriverContainer:
 * Level, DriverInfo; DRIVER_INFO_2 and its longer forms begin with cVersion, pName, pEnvironment,
 * pDriverPath, pDataFile, pConfigFile */
static void add_driver(struct rpc_call *call, struct ndr *ndr)
{
    static const enum rpc_field fields[] = {RPC_DRIVER_NAME, RPC_ENVIRONMENT, RPC_DRIVER_PATH,
                                            RPC_DATA_FILE, RPC_CONFIG_FILE};
    bool is_there[COUNT_OF(fields)];
    read_server(call, ndr);
    const uint32_t level = ndr_u32(ndr);
    ndr_u32(ndr);
    /* The longer forms have more pointers between these and the texts. */
    if (level != 2 || !ndr_pointer(ndr))
        return;
    ndr_u32(ndr);
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        is_there[i] = ndr_pointer(ndr);
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        if (is_there[i])
            rpc_add_wide(call, fields[i], ndr_wide(ndr));
}

/* --- terminal services, certificates --- */

/* RpcOpenSession: SessionId, ... */
static void open_session(struct rpc_call *call, struct ndr *ndr)
{
    rpc_add_number(call, RPC_SESSION_ID, ndr_u32(ndr));
}

/* RpcWinStationTerminateProcess: hServer, ProcessId, ExitCode */
static void terminate(struct rpc_call *call, struct ndr *ndr)
{
    ndr_handle(ndr);
    rpc_add_number(call, RPC_PROCESS_ID, ndr_u32(ndr));
}

/* CertServerRequest: dwFlags, pwszAuthority, pdwRequestId, pctbAttribs (its size, its bytes), ...
 */
static void certificate(struct rpc_call *call, struct ndr *ndr)
{
    rpc_add_hex(call, RPC_REQUEST_FLAGS, ndr_u32(ndr));
    rpc_add_wide(call, RPC_AUTHORITY, ndr_wide_pointer(ndr));
    ndr_u32(ndr);
    ndr_u32(ndr);
    if (!ndr_pointer(ndr))
        return;
    const uint32_t length = ndr_count(ndr);
    const uint8_t *text = ndr_take(ndr, length);
    if (text)
        rpc_add_wide(call, RPC_CERTIFICATE_ATTRIBUTES, bytes_of(text, length));
}

static const struct argument_row rows[] = {
    {"srvsvc", 8, connection_enum},
    {"srvsvc", 9, file_enum},
    {"srvsvc", 12, session_enum},
    {"srvsvc", 13, server_session},
    {"srvsvc", 14, share_add},
    {"srvsvc", 15, server_level},
    {"srvsvc", 16, share_info},
    {"srvsvc", 17, share_info},
    {"srvsvc", 18, share_name},
    {"srvsvc", 21, server_level},
    {"srvsvc", 23, server_level},
    {"srvsvc", 28, read_server},
    {"srvsvc", 36, server_level},
    {"wkssvc", 0, server_level},
    {"wkssvc", 2, server_level},
    {"wkssvc", 5, server_level},
    {"netdfs", 1, dfs_add},
    {"netdfs", 10, dfs_domain_root},
    {"netdfs", 11, dfs_domain_root},
    {"netdfs", 12, dfs_root},
    {"netdfs", 13, dfs_root},
    {"FileServerVssAgent", 3, shadow_copy},
    {"FileServerVssAgent", 8, file_name},
    {"FileServerVssAgent", 9, file_name},
    {"efs", 0, file_name},
    {"efs", 4, file_name},
    {"efs", 5, file_name},
    {"efs", 6, file_name},
    {"efs", 7, file_name},
    {"efs", 8, file_name},
    {"efs", 9, file_name},
    {"efs", 12, file_name},
    {"efs", 13, file_name},
    {"efs", 15, flags_file_name},
    {"efs", 16, flags_file_name},
    {"efs", 18, file_name},
    {"efs", 19, file_name},
    {"efs", 21, file_name},
    {"spoolss", 1, open_printer},
    {"spoolss", 9, add_driver},
    {"spoolss", 62, printer_notification},
    {"spoolss", 65, printer_notification},
    {"spoolss", 69, open_printer},
    {"spoolss", 89, add_driver},
    {"IRemoteWinspool", 0, open_printer},
    {"IRemoteWinspool", 39, add_driver},
    {"TermSrvSession", 0, open_session},
    {"winstation_rpc", 37, terminate},
    {"ICertPassage", 0, certificate},
};

const struct argument_rows arguments_share = {rows, COUNT_OF(rows)};
