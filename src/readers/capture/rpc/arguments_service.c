/* Services and scheduled tasks: [MS-SCMR] 3.1.4, [MS-TSCH] 3.2.5. */
#include "rpc_arguments.h"

/* ROpenSCManagerW: lpMachineName, lpDatabaseName, dwDesiredAccess */
static void open_manager(struct rpc_call *call, struct ndr *ndr)
{
    read_server(call, ndr);
    ndr_wide_pointer(ndr);
    rpc_add_hex(call, RPC_DESIRED_ACCESS, ndr_u32(ndr));
}

/* RControlService: hService, dwControl */
static void control_service(struct rpc_call *call, struct ndr *ndr)
{
    ndr_handle(ndr);
    rpc_add_number(call, RPC_CONTROL, ndr_u32(ndr));
}

/* ROpenServiceW: hSCManager, lpServiceName, dwDesiredAccess */
static void open_service(struct rpc_call *call, struct ndr *ndr)
{
    ndr_handle(ndr);
    rpc_add_wide(call, RPC_SERVICE_NAME, ndr_wide(ndr));
    rpc_add_hex(call, RPC_DESIRED_ACCESS, ndr_u32(ndr));
}

/* RGetServiceDisplayNameW: hSCManager, lpServiceName, ... */
static void service_name(struct rpc_call *call, struct ndr *ndr)
{
    ndr_handle(ndr);
    rpc_add_wide(call, RPC_SERVICE_NAME, ndr_wide(ndr));
}

/* lpLoadOrderGroup, lpdwTagId, lpDependencies, dwDependSize, lpServiceStartName */
static void start_name(struct rpc_call *call, struct ndr *ndr)
{
    ndr_wide_pointer(ndr);
    if (ndr_pointer(ndr))
        ndr_u32(ndr);
    if (ndr_pointer(ndr))
        ndr_take(ndr, ndr_count(ndr));
    ndr_u32(ndr);
    rpc_add_wide(call, RPC_ACCOUNT_NAME, ndr_wide_pointer(ndr));
}

/* RCreateServiceW: hSCManager, lpServiceName, lpDisplayName, dwDesiredAccess, dwServiceType,
 * dwStartType, dwErrorControl, lpBinaryPathName, ... */
static void create_service(struct rpc_call *call, struct ndr *ndr)
{
    ndr_handle(ndr);
    rpc_add_wide(call, RPC_SERVICE_NAME, ndr_wide(ndr));
    rpc_add_wide(call, RPC_DISPLAY_NAME, ndr_wide_pointer(ndr));
    rpc_add_hex(call, RPC_DESIRED_ACCESS, ndr_u32(ndr));
    rpc_add_hex(call, RPC_SERVICE_TYPE, ndr_u32(ndr));
    rpc_add_number(call, RPC_START_TYPE, ndr_u32(ndr));
    ndr_u32(ndr);
    rpc_add_wide(call, RPC_BINARY_PATH, ndr_wide(ndr));
    start_name(call, ndr);
}

/* RChangeServiceConfigW: hService, dwServiceType, dwStartType, dwErrorControl, lpBinaryPathName,
 * ... */
static void change_service(struct rpc_call *call, struct ndr *ndr)
{
    ndr_handle(ndr);
    rpc_add_hex(call, RPC_SERVICE_TYPE, ndr_u32(ndr));
    rpc_add_number(call, RPC_START_TYPE, ndr_u32(ndr));
    ndr_u32(ndr);
    rpc_add_wide(call, RPC_BINARY_PATH, ndr_wide_pointer(ndr));
    start_name(call, ndr);
}

/* RStartServiceW: hService, argc, argv */
static void start_service(struct rpc_call *call, struct ndr *ndr)
{
    ndr_handle(ndr);
    rpc_add_number(call, RPC_COUNT, ndr_u32(ndr));
    if (ndr_pointer(ndr))
        read_strings(call, ndr, RPC_NAMES);
}

/* SchRpcRegisterTask: path, xml, flags, ... */
static void register_task(struct rpc_call *call, struct ndr *ndr)
{
    rpc_add_wide(call, RPC_TASK_NAME, ndr_wide_pointer(ndr));
    rpc_add_wide(call, RPC_TASK_XML, ndr_wide(ndr));
    rpc_add_hex(call, RPC_TASK_FLAGS, ndr_u32(ndr));
}

/* SchRpcRun, SchRpcDelete, SchRpcRetrieveTask, SchRpcGetLastRunInfo ...: path, ... */
static void task_path(struct rpc_call *call, struct ndr *ndr)
{
    rpc_add_wide(call, RPC_TASK_NAME, ndr_wide(ndr));
}

/* SchRpcEnumInstances, SchRpcStop: path, ... */
static void task_path_pointer(struct rpc_call *call, struct ndr *ndr)
{
    rpc_add_wide(call, RPC_TASK_NAME, ndr_wide_pointer(ndr));
}

/* NetrJobAdd: ServerName, pAtInfo: JobTime, DaysOfMonth, DaysOfWeek, Flags, Command */
static void job_add(struct rpc_call *call, struct ndr *ndr)
{
    read_server(call, ndr);
    ndr_count(ndr); /* DWORD_PTR */
    ndr_u32(ndr);
    ndr_u8(ndr);
    rpc_add_hex(call, RPC_TASK_FLAGS, ndr_u8(ndr));
    rpc_add_wide(call, RPC_COMMAND_LINE, ndr_wide_pointer(ndr));
}

/* SASetAccountInformation: Handle, pwszJobName, pwszAccount, ... */
static void task_account(struct rpc_call *call, struct ndr *ndr)
{
    read_server(call, ndr);
    rpc_add_wide(call, RPC_TASK_NAME, ndr_wide(ndr));
    rpc_add_wide(call, RPC_ACCOUNT_NAME, ndr_wide(ndr));
}

static const struct argument_row rows[] = {
    {"svcctl", 1, control_service},
    {"svcctl", 11, change_service},
    {"svcctl", 12, create_service},
    {"svcctl", 15, open_manager},
    {"svcctl", 16, open_service},
    {"svcctl", 19, start_service},
    {"svcctl", 20, service_name},
    {"svcctl", 45, create_service},
    {"svcctl", 60, create_service},
    {"ITaskSchedulerService", 1, register_task},
    {"ITaskSchedulerService", 2, task_path},
    {"ITaskSchedulerService", 3, task_path},
    {"ITaskSchedulerService", 4, task_path},
    {"ITaskSchedulerService", 5, task_path},
    {"ITaskSchedulerService", 6, task_path},
    {"ITaskSchedulerService", 7, task_path},
    {"ITaskSchedulerService", 8, task_path_pointer},
    {"ITaskSchedulerService", 11, task_path_pointer},
    {"ITaskSchedulerService", 12, task_path},
    {"ITaskSchedulerService", 13, task_path},
    {"ITaskSchedulerService", 14, task_path},
    {"ITaskSchedulerService", 15, task_path},
    {"ITaskSchedulerService", 16, task_path},
    {"ITaskSchedulerService", 17, task_path},
    {"ITaskSchedulerService", 19, task_path},
    {"atsvc", 0, job_add},
    {"atsvc", 1, read_server},
    {"atsvc", 2, read_server},
    {"atsvc", 3, read_server},
    {"sasec", 0, task_account},
};

const struct argument_rows arguments_service = {rows, COUNT_OF(rows)};
