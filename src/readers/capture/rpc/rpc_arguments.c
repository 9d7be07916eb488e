/* The requests whose arguments defenders ask about, one function each. The order of the reads is
 * the order of the parameters in the specification's IDL. */
#include "base/attributes.h"
#include "readers/capture/rpc/rpc_call.h"

typedef void argument_reader(struct rpc_call *call, struct ndr *ndr);

/* --- [MS-SCMR] 3.1.4 --- */

/* ROpenSCManagerW: lpMachineName, lpDatabaseName, dwDesiredAccess */
static void open_manager(struct rpc_call *call, struct ndr *ndr)
{
    rpc_add_wide(call, RPC_SERVER_NAME, ndr_wide_pointer(ndr));
    ndr_wide_pointer(ndr);
    rpc_add_hex(call, RPC_DESIRED_ACCESS, ndr_u32(ndr));
}

/* ROpenServiceW: hSCManager, lpServiceName, dwDesiredAccess */
static void open_service(struct rpc_call *call, struct ndr *ndr)
{
    ndr_handle(ndr);
    rpc_add_wide(call, RPC_SERVICE_NAME, ndr_wide(ndr));
    rpc_add_hex(call, RPC_DESIRED_ACCESS, ndr_u32(ndr));
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
}

/* --- [MS-TSCH] 3.2.5.4 --- */

/* SchRpcRegisterTask: path, xml, flags, ... */
static void register_task(struct rpc_call *call, struct ndr *ndr)
{
    rpc_add_wide(call, RPC_TASK_NAME, ndr_wide_pointer(ndr));
    rpc_add_wide(call, RPC_TASK_XML, ndr_wide(ndr));
    rpc_add_hex(call, RPC_TASK_FLAGS, ndr_u32(ndr));
}

/* SchRpcRun, SchRpcDelete, SchRpcRetrieveTask, SchRpcGetLastRunInfo: path, ... */
static void task_path(struct rpc_call *call, struct ndr *ndr)
{
    rpc_add_wide(call, RPC_TASK_NAME, ndr_wide(ndr));
}

/* --- [MS-RRP] 3.1.5 --- */

/* OpenLocalMachine and its like: ServerName (PREGISTRY_SERVER_NAME), samDesired */
static void open_root(struct rpc_call *call, struct ndr *ndr)
{
    if (ndr_pointer(ndr))
        ndr_u16(ndr);
    rpc_add_hex(call, RPC_DESIRED_ACCESS, ndr_u32(ndr));
}

static void unicode_argument(struct rpc_call *call, struct ndr *ndr, enum rpc_field field)
{
    if (ndr_unicode_header(ndr))
        rpc_add_wide(call, field, ndr_wide(ndr));
}

/* BaseRegOpenKey: hKey, lpSubKey, dwOptions, samDesired */
static void open_key(struct rpc_call *call, struct ndr *ndr)
{
    ndr_handle(ndr);
    unicode_argument(call, ndr, RPC_KEY);
    ndr_u32(ndr);
    rpc_add_hex(call, RPC_DESIRED_ACCESS, ndr_u32(ndr));
}

/* BaseRegCreateKey, BaseRegDeleteKey: hKey, lpSubKey, ... */
static void sub_key(struct rpc_call *call, struct ndr *ndr)
{
    ndr_handle(ndr);
    unicode_argument(call, ndr, RPC_KEY);
}

/* BaseRegQueryValue, BaseRegSetValue, BaseRegDeleteValue: hKey, lpValueName, ... */
static void value_name(struct rpc_call *call, struct ndr *ndr)
{
    ndr_handle(ndr);
    unicode_argument(call, ndr, RPC_VALUE_NAME);
}

/* BaseRegSaveKey: hKey, lpFile, ... */
static void save_key(struct rpc_call *call, struct ndr *ndr)
{
    ndr_handle(ndr);
    unicode_argument(call, ndr, RPC_SAVE_PATH);
}

/* --- [MS-SAMR] 3.1.5 --- */

/* SamrConnect: ServerName (a pointer to one character), DesiredAccess */
static void sam_connect(struct rpc_call *call, struct ndr *ndr)
{
    if (ndr_pointer(ndr))
        ndr_u16(ndr);
    rpc_add_hex(call, RPC_DESIRED_ACCESS, ndr_u32(ndr));
}

/* SamrConnect2, SamrConnect5: ServerName, DesiredAccess, ... */
static void sam_connect_name(struct rpc_call *call, struct ndr *ndr)
{
    rpc_add_wide(call, RPC_SERVER_NAME, ndr_wide_pointer(ndr));
    rpc_add_hex(call, RPC_DESIRED_ACCESS, ndr_u32(ndr));
}

/* SamrLookupDomainInSamServer: ServerHandle, Name */
static void sam_domain(struct rpc_call *call, struct ndr *ndr)
{
    ndr_handle(ndr);
    unicode_argument(call, ndr, RPC_DOMAIN);
}

/* SamrOpenUser, SamrOpenGroup, SamrOpenAlias: DomainHandle, DesiredAccess, id; SamrOpenDomain */
static void sam_open(struct rpc_call *call, struct ndr *ndr)
{
    ndr_handle(ndr);
    rpc_add_hex(call, RPC_DESIRED_ACCESS, ndr_u32(ndr));
}

/* SamrCreateUser2InDomain: DomainHandle, Name, AccountType, DesiredAccess */
static void sam_create_user(struct rpc_call *call, struct ndr *ndr)
{
    ndr_handle(ndr);
    unicode_argument(call, ndr, RPC_ACCOUNT_NAME);
    ndr_u32(ndr);
    rpc_add_hex(call, RPC_DESIRED_ACCESS, ndr_u32(ndr));
}

/* SamrLookupNamesInDomain: DomainHandle, Count, Names: one name is told */
static void sam_lookup_names(struct rpc_call *call, struct ndr *ndr)
{
    ndr_handle(ndr);
    const uint32_t count = ndr_u32(ndr);
    ndr_u32(ndr);
    ndr_u32(ndr);
    ndr_u32(ndr);
    if (count == 1)
        unicode_argument(call, ndr, RPC_ACCOUNT_NAME);
}

/* SamrUnicodeChangePasswordUser2: ServerName, UserName, ... */
static void sam_change_password(struct rpc_call *call, struct ndr *ndr)
{
    if (ndr_pointer(ndr) && ndr_unicode_header(ndr))
        rpc_add_wide(call, RPC_SERVER_NAME, ndr_wide(ndr));
    unicode_argument(call, ndr, RPC_ACCOUNT_NAME);
}

/* --- Others --- */

/* LsarOpenPolicy2, NetrSessionEnum, NetrShareEnum, NetrWkstaGetInfo ...: SystemName first */
static void first_name(struct rpc_call *call, struct ndr *ndr)
{
    rpc_add_wide(call, RPC_SERVER_NAME, ndr_wide_pointer(ndr));
}

static bool is_zero(const uint8_t *at, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (at[i])
            return false;
    return true;
}

/* NetrServerReqChallenge: PrimaryName, ComputerName, ClientChallenge ([MS-NRPC] 3.5.4.4.1) */
static void netlogon_challenge(struct rpc_call *call, struct ndr *ndr)
{
    rpc_add_wide(call, RPC_SERVER_NAME, ndr_wide_pointer(ndr));
    rpc_add_wide(call, RPC_COMPUTER_NAME, ndr_wide(ndr));
    const uint8_t *challenge = ndr_take(ndr, 8);
    if (challenge)
        rpc_add_bool(call, RPC_IS_ZERO_CREDENTIAL, is_zero(challenge, 8));
}

/* NetrServerAuthenticate3: PrimaryName, AccountName, SecureChannelType, ComputerName,
 * ClientCredential, NegotiateFlags */
static void netlogon_authenticate(struct rpc_call *call, struct ndr *ndr)
{
    rpc_add_wide(call, RPC_SERVER_NAME, ndr_wide_pointer(ndr));
    rpc_add_wide(call, RPC_ACCOUNT_NAME, ndr_wide(ndr));
    ndr_u16(ndr);
    rpc_add_wide(call, RPC_COMPUTER_NAME, ndr_wide(ndr));
    const uint8_t *credential = ndr_take(ndr, 8);
    if (credential)
        rpc_add_bool(call, RPC_IS_ZERO_CREDENTIAL, is_zero(credential, 8));
}

/* EfsRpcOpenFileRaw ([MS-EFSR] 3.1.4.2.1) and its like: FileName, ...; on the wire a full pointer's
 * string, without a referent */
static void file_name(struct rpc_call *call, struct ndr *ndr)
{
    rpc_add_wide(call, RPC_FILE_NAME, ndr_wide(ndr));
}

/* NetrDfsAddStdRoot, IsPathSupported, RpcOpenPrinter: a name first */
static void name_or_pointer(struct rpc_call *call, struct ndr *ndr)
{
    rpc_add_wide(call, RPC_FILE_NAME, ndr_wide_pointer(ndr));
}

static void plain_name(struct rpc_call *call, struct ndr *ndr)
{
    rpc_add_wide(call, RPC_SERVER_NAME, ndr_wide(ndr));
}

/* ept_map (C706 appendix O): object, map_tower, ...; the tower's first floor is the interface. */
static void ept_map(struct rpc_call *call, struct ndr *ndr)
{
    char text[37];
    if (ndr_pointer(ndr))
        ndr_take(ndr, 16);
    if (!ndr_pointer(ndr))
        return;
    ndr_u32(ndr);
    ndr_u32(ndr);
    const uint8_t *tower = ndr_take(ndr, 2 + 2 + 1 + 16);
    if (!tower || tower[4] != 0x0D)
        return;
    rpc_uuid_write(text, tower + 5);
    rpc_add_text(call, RPC_MAPPED_INTERFACE, bytes_of_text(text));
}

/* NTLMLogin ([MS-WMI] 3.1.4.1.4): ORPCTHIS (32 bytes when it has no extensions), wszNetworkResource
 */
static void wmi_login(struct rpc_call *call, struct ndr *ndr)
{
    ndr_take(ndr, 28);
    if (ndr_pointer(ndr))
        return;
    rpc_add_wide(call, RPC_NAMESPACE, ndr_wide_pointer(ndr));
}

/* Where a counted text of at least `least` ASCII characters in UTF-16LE begins behind `from`; its
 * units in *units. Objects of WMI and variants are not decoded further than this. */
static size_t text_find(struct bytes stub, size_t from, size_t least, size_t *units)
{
    for (size_t at = from; at + least * 2 <= stub.length; at++) {
        size_t count = 0;
        while (at + count * 2 + 1 < stub.length && stub.data[at + count * 2] >= 0x20 &&
               stub.data[at + count * 2] < 0x7F && stub.data[at + count * 2 + 1] == 0)
            count++;
        if (count >= least) {
            *units = count;
            return at;
        }
        if (count > 1)
            at += (count - 1) * 2;
    }
    return stub.length;
}

#define TEXTS_LEAST 4U
#define TEXTS_MAX   24U

/* The readable texts of a stub, joined by |. */
static void texts_add(struct rpc_call *call, struct ndr *ndr)
{
    uint8_t joined[1024];
    size_t length = 0, units = 0, at = ndr->at;
    for (unsigned i = 0; i < TEXTS_MAX; i++) {
        at = text_find(ndr->stub, at, TEXTS_LEAST, &units);
        if (at >= ndr->stub.length)
            break;
        if (length && length < sizeof(joined))
            joined[length++] = '|';
        for (size_t j = 0; j < units && length < sizeof(joined); j++)
            joined[length++] = ndr->stub.data[at + j * 2];
        at += units * 2;
    }
    rpc_add_text(call, RPC_TEXTS, bytes_of(joined, length));
}

/* A BSTR as [MS-OAUT] marshals it: referent, maximum, bytes, units, text. */
static struct bytes bstr(struct ndr *ndr)
{
    if (!ndr_pointer(ndr))
        return (struct bytes){0};
    ndr_u32(ndr);
    ndr_u32(ndr);
    const uint32_t units = ndr_u32(ndr);
    const uint8_t *text = units < 0x8000 ? ndr_take(ndr, (size_t)units * 2) : NULL;
    ndr_align(ndr, 4);
    return text && !ndr->is_big_endian ? bytes_of(text, (size_t)units * 2) : (struct bytes){0};
}

/* The ASCII strings of WMI's encoded objects ([MS-WMIO] 2.2.78: a flag of 0, then the text). */
static void object_command(struct rpc_call *call, struct ndr *ndr)
{
    static const char *const marks[] = {"cmd", "powershell", "\\", ":\\", " "};
    const struct bytes rest = bytes_of(ndr->stub.data + ndr->at, ndr->stub.length - ndr->at);
    size_t best = 0, best_at = 0;
    for (size_t at = 0; at + 1 < rest.length;) {
        size_t length = 0;
        while (at + length < rest.length && rest.data[at + length] >= 0x20 &&
               rest.data[at + length] < 0x7F)
            length++;
        bool is_command = false;
        for (size_t i = 0; i < COUNT_OF(marks) && length > 3; i++)
            is_command |= memmem(rest.data + at, length, marks[i], strlen(marks[i])) != NULL;
        if (is_command && length > best) {
            best = length;
            best_at = at;
        }
        at += length + 1;
    }
    rpc_add_text(call, RPC_COMMAND_LINE, bytes_of(rest.data + best_at, best));
}

/* ExecMethod ([MS-WMI] 3.1.4.3.22): ORPCTHIS, strObjectPath, strMethodName, lFlags, pCtx, pInParams
 */
static void wmi_method(struct rpc_call *call, struct ndr *ndr)
{
    ndr_take(ndr, 28);
    if (ndr_pointer(ndr))
        return;
    rpc_add_wide(call, RPC_WMI_CLASS, bstr(ndr));
    rpc_add_wide(call, RPC_WMI_METHOD, bstr(ndr));
    object_command(call, ndr);
}

/* ExecQuery: ORPCTHIS, strQueryLanguage, strQuery, ... */
static void wmi_query(struct rpc_call *call, struct ndr *ndr)
{
    ndr_take(ndr, 28);
    if (ndr_pointer(ndr))
        return;
    bstr(ndr);
    rpc_add_wide(call, RPC_QUERY, bstr(ndr));
}

/* GetObject: ORPCTHIS, strObjectPath */
static void wmi_object(struct rpc_call *call, struct ndr *ndr)
{
    ndr_take(ndr, 28);
    if (!ndr_pointer(ndr))
        rpc_add_wide(call, RPC_WMI_CLASS, bstr(ndr));
}

/* RemoteCreateInstance ([MS-DCOM] 3.1.2.5.2.3.3): the class stands in the activation properties'
 * InstantiationInfoData; found by its place behind the known property identifier. */
static void activation(struct rpc_call *call, struct ndr *ndr)
{
    /* CLSID_ActivationPropertiesIn, then the custom header with the classes' table; the first
     * property is SpecialSystemProperties or InstantiationInfo, whose data begins with a 16-byte
     * serialisation header and the CLSID. */
    static const uint8_t instantiation[16] = {0xAB, 1, 0, 0, 0, 0, 0, 0,
                                              0xC0, 0, 0, 0, 0, 0, 0, 0x46};
    const struct bytes stub = ndr->stub;
    char text[37];
    const uint8_t *mark = memmem(stub.data, stub.length, instantiation, sizeof(instantiation));
    static const uint8_t header[8] = {1, 0x10, 8, 0, 0xCC, 0xCC, 0xCC, 0xCC};
    const uint8_t *at = mark;
    const uint8_t *const end = stub.data + stub.length;
    while (at && (at = memmem(at, (size_t)(end - at), header, sizeof(header))) != NULL) {
        const uint8_t *clsid = at + 16;
        if ((size_t)(end - clsid) >= 16 + 12 && clsid[8] >= 0x80 && clsid[8] < 0xD0) {
            rpc_uuid_write(text, clsid);
            rpc_add_text(call, RPC_CLSID, bytes_of_text(text));
            return;
        }
        at += sizeof(header);
    }
}

/* DRSGetNCChanges ([MS-DRSR] 4.1.10.1): hDrs, dwInVersion, the union: versions 8 and 10 */
static void replicate(struct rpc_call *call, struct ndr *ndr)
{
    ndr_handle(ndr);
    const uint32_t version = ndr_u32(ndr);
    if (version != 8 && version != 10)
        return;
    ndr_u32(ndr);
    ndr_align(ndr, 8);
    ndr_take(ndr, 32);
    ndr_pointer(ndr);
    ndr_align(ndr, 8);
    ndr_take(ndr, 24);
    ndr_pointer(ndr);
    rpc_add_hex(call, RPC_DRS_FLAGS, ndr_u32(ndr));
    rpc_add_number(call, RPC_DRS_MAX_OBJECTS, ndr_u32(ndr));
    ndr_u32(ndr);
    rpc_add_number(call, RPC_DRS_EXTENDED_OP, ndr_u32(ndr));
}

/* An interface's first 32 bits are enough to tell these apart; rpc_interface_find knew it whole. */
static const struct {
    uint32_t interface;
    uint16_t opnum;
    argument_reader *read;
} readers[] = {
    {0x367abb81, 15, open_manager},
    {0x367abb81, 16, open_service},
    {0x367abb81, 12, create_service},
    {0x367abb81, 11, change_service},
    {0x367abb81, 45, create_service},
    {0x86d35949, 1, register_task},
    {0x86d35949, 2, task_path},
    {0x86d35949, 13, task_path},
    {0x86d35949, 12, task_path},
    {0x86d35949, 16, task_path},
    {0x338cd001, 0, open_root},
    {0x338cd001, 1, open_root},
    {0x338cd001, 2, open_root},
    {0x338cd001, 4, open_root},
    {0x338cd001, 6, sub_key},
    {0x338cd001, 7, sub_key},
    {0x338cd001, 8, value_name},
    {0x338cd001, 15, open_key},
    {0x338cd001, 17, value_name},
    {0x338cd001, 20, save_key},
    {0x338cd001, 22, value_name},
    {0x338cd001, 31, save_key},
    {0x12345778, 0, sam_connect},
    {0x12345778, 5, sam_domain},
    {0x12345778, 7, sam_open},
    {0x12345778, 17, sam_lookup_names},
    {0x12345778, 34, sam_open},
    {0x12345778, 50, sam_create_user},
    {0x12345778, 55, sam_change_password},
    {0x12345778, 57, sam_connect_name},
    {0x12345778, 64, sam_connect_name},
    {0x4b324fc8, 12, first_name},
    {0x4b324fc8, 15, first_name},
    {0x4b324fc8, 21, first_name},
    {0x6bffd098, 0, first_name},
    {0x6bffd098, 2, first_name},
    {0xc681d488, 0, file_name},
    {0xdf1941c5, 0, file_name},
    {0xc681d488, 4, file_name},
    {0xdf1941c5, 4, file_name},
    {0xc681d488, 5, file_name},
    {0xdf1941c5, 5, file_name},
    {0xc681d488, 6, file_name},
    {0xdf1941c5, 6, file_name},
    {0xc681d488, 7, file_name},
    {0xdf1941c5, 7, file_name},
    {0x4fc742e0, 12, plain_name},
    {0x4fc742e0, 13, plain_name},
    {0xa8e0653c, 8, file_name},
    {0xa8e0653c, 9, file_name},
    {0xe1af8308, 3, ept_map},
    {0x000001a0, 4, activation},
    {0xf309ad18, 6, wmi_login},
    {0x9556dc99, 24, wmi_method},
    {0x9556dc99, 20, wmi_query},
    {0x9556dc99, 6, wmi_object},
    {0x9556dc99, 14, texts_add},
    {0x00020400, 6, texts_add},
    {0x00020400, 5, texts_add},
    {0xe3514235, 3, replicate},
};

/* UUIDs that begin with the same 32 bits as another: told apart by a later byte. */
static argument_reader *special_reader(const struct rpc_interface *interface, uint16_t opnum)
{
    const uint32_t first = load_le32(interface->uuid);
    if (first == 0x12345778 && interface->uuid[15] == 0xAB) /* lsarpc, not samr */
        return opnum == 44 ? first_name : NULL;
    if (first == 0x12345678 && interface->uuid[15] == 0xFB) /* netlogon */
        return opnum == 4                   ? netlogon_challenge
               : opnum == 26 || opnum == 15 ? netlogon_authenticate
                                            : NULL;
    if (first == 0x12345678) /* spoolss */
        return opnum == 1 || opnum == 69 ? name_or_pointer : NULL;
    return NULL;
}

static bool is_special(const struct rpc_interface *interface)
{
    const uint32_t first = load_le32(interface->uuid);
    return first == 0x12345678 || (first == 0x12345778 && interface->uuid[15] == 0xAB);
}

void rpc_request_read(struct rpc_call *call, const struct rpc_interface *interface,
                      struct bytes stub, bool is_big_endian, struct ndr *seen)
{
    struct ndr ndr = ndr_over(stub, is_big_endian);
    if (!interface)
        return;
    argument_reader *read = is_special(interface) ? special_reader(interface, call->opnum) : NULL;
    for (size_t i = 0; !read && !is_special(interface) && i < COUNT_OF(readers); i++)
        if (readers[i].interface == load_le32(interface->uuid) && readers[i].opnum == call->opnum)
            read = readers[i].read;
    if (!read)
        return;
    read(call, &ndr);
    /* The endpoint mapper's pointers are 1 and 2 in every library. */
    if (read == ept_map)
        ndr.referents = ndr.small_referents = 0;
    seen->fills += ndr.fills;
    if (!seen->odd_fills && ndr.odd_fills)
        seen->fill = ndr.fill;
    seen->odd_fills += ndr.odd_fills;
    seen->referents += ndr.referents;
    seen->small_referents += ndr.small_referents;
}
