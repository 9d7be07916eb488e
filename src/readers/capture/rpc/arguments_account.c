/* Accounts and domains: [MS-SAMR] 3.1.5, [MS-LSAD] 3.1.4, [MS-LSAT] 3.1.4, [MS-NRPC] 3.5.4,
 * [MS-DRSR] 4.1. */
#include "rpc_arguments.h"

/* --- samr --- */

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
    read_server(call, ndr);
    rpc_add_hex(call, RPC_DESIRED_ACCESS, ndr_u32(ndr));
}

/* SamrConnect4: ServerName, ClientRevision, DesiredAccess */
static void sam_connect_revision(struct rpc_call *call, struct ndr *ndr)
{
    read_server(call, ndr);
    ndr_u32(ndr);
    rpc_add_hex(call, RPC_DESIRED_ACCESS, ndr_u32(ndr));
}

/* SamrLookupDomainInSamServer: ServerHandle, Name */
static void sam_domain(struct rpc_call *call, struct ndr *ndr)
{
    ndr_handle(ndr);
    read_unicode(call, ndr, RPC_DOMAIN);
}

/* SamrOpenDomain: ServerHandle, DesiredAccess, DomainId */
static void sam_open_domain(struct rpc_call *call, struct ndr *ndr)
{
    ndr_handle(ndr);
    rpc_add_hex(call, RPC_DESIRED_ACCESS, ndr_u32(ndr));
    read_sid(call, ndr, RPC_SID);
}

/* SamrOpenUser, SamrOpenGroup, SamrOpenAlias: DomainHandle, DesiredAccess, id */
static void sam_open(struct rpc_call *call, struct ndr *ndr)
{
    ndr_handle(ndr);
    rpc_add_hex(call, RPC_DESIRED_ACCESS, ndr_u32(ndr));
    rpc_add_number(call, RPC_RID, ndr_u32(ndr));
}

/* SamrCreateGroupInDomain, SamrCreateUserInDomain, SamrCreateAliasInDomain: DomainHandle, Name,
 * DesiredAccess */
static void sam_create(struct rpc_call *call, struct ndr *ndr)
{
    ndr_handle(ndr);
    read_unicode(call, ndr, RPC_ACCOUNT_NAME);
    rpc_add_hex(call, RPC_DESIRED_ACCESS, ndr_u32(ndr));
}

/* SamrCreateUser2InDomain: DomainHandle, Name, AccountType, DesiredAccess */
static void sam_create_user(struct rpc_call *call, struct ndr *ndr)
{
    ndr_handle(ndr);
    read_unicode(call, ndr, RPC_ACCOUNT_NAME);
    rpc_add_hex(call, RPC_ACCOUNT_TYPE, ndr_u32(ndr));
    rpc_add_hex(call, RPC_DESIRED_ACCESS, ndr_u32(ndr));
}

/* SamrLookupNamesInDomain: DomainHandle, Count, Names [size_is(1000), length_is(Count)] */
static void sam_lookup_names(struct rpc_call *call, struct ndr *ndr)
{
    ndr_handle(ndr);
    ndr_u32(ndr);
    ndr_count(ndr);
    ndr_count(ndr);
    const uint32_t count = ndr_count(ndr);
    rpc_add_number(call, RPC_COUNT, count);
    read_unicodes(call, ndr, RPC_ACCOUNT_NAME, count);
}

/* SamrLookupIdsInDomain: DomainHandle, Count, RelativeIds [size_is(1000), length_is(Count)] */
static void sam_lookup_ids(struct rpc_call *call, struct ndr *ndr)
{
    ndr_handle(ndr);
    rpc_add_number(call, RPC_COUNT, ndr_u32(ndr));
    ndr_count(ndr);
    ndr_count(ndr);
    ndr_count(ndr);
    rpc_add_number(call, RPC_RID, ndr_u32(ndr));
}

/* SamrQueryInformationUser, SamrSetInformationUser ...: handle, information class, ... */
static void handle_level(struct rpc_call *call, struct ndr *ndr)
{
    ndr_handle(ndr);
    rpc_add_number(call, RPC_LEVEL, ndr_enum(ndr));
}

/* SamrAddMemberToGroup, SamrRemoveMemberFromGroup, SamrRidToSid: handle, id, ... */
static void handle_rid(struct rpc_call *call, struct ndr *ndr)
{
    ndr_handle(ndr);
    rpc_add_number(call, RPC_RID, ndr_u32(ndr));
}

/* SamrAddMemberToAlias, LsarOpenAccount, LsarEnumerateAccountRights ...: handle, SID, ... */
static void handle_sid(struct rpc_call *call, struct ndr *ndr)
{
    ndr_handle(ndr);
    read_sid(call, ndr, RPC_SID);
}

/* SamrUnicodeChangePasswordUser2: ServerName, UserName, ... */
static void sam_change_password(struct rpc_call *call, struct ndr *ndr)
{
    if (ndr_pointer(ndr))
        read_unicode(call, ndr, RPC_SERVER_NAME);
    read_unicode(call, ndr, RPC_ACCOUNT_NAME);
}

/* SamrSetDSRMPassword: Unused, UserId, ... */
static void sam_set_dsrm(struct rpc_call *call, struct ndr *ndr)
{
    if (ndr_pointer(ndr))
        read_unicode(call, ndr, RPC_SERVER_NAME);
    rpc_add_number(call, RPC_RID, ndr_u32(ndr));
}

/* --- lsarpc --- */

/* LsarLookupNames, LsarLookupNames2, LsarLookupNames3: PolicyHandle, Count, Names */
static void lsa_lookup_names(struct rpc_call *call, struct ndr *ndr)
{
    ndr_handle(ndr);
    rpc_add_number(call, RPC_COUNT, ndr_u32(ndr));
    read_unicodes(call, ndr, RPC_ACCOUNT_NAME, ndr_count(ndr));
}

/* SidEnumBuffer: Entries, SidInfo. The first SIDs are told, as many as fit. */
static void sid_buffer(struct rpc_call *call, struct ndr *ndr)
{
    rpc_add_number(call, RPC_COUNT, ndr_u32(ndr));
    if (!ndr_pointer(ndr))
        return;
    const uint32_t count = ndr_count(ndr);
    const uint8_t *referents = ndr_referents(ndr, count);
    for (uint32_t i = 0; referents && i < count && !ndr->is_broken; i++)
        if (ndr_referent(ndr, referents, i))
            read_sid(call, ndr, RPC_SID);
}

/* LsarLookupSids, LsarLookupSids2: PolicyHandle, SidEnumBuffer, ... */
static void lsa_lookup_sids(struct rpc_call *call, struct ndr *ndr)
{
    ndr_handle(ndr);
    sid_buffer(call, ndr);
}

/* LsarCreateSecret, LsarOpenSecret, LsarStorePrivateData, LsarRetrievePrivateData: PolicyHandle,
 * name, ... */
static void lsa_secret(struct rpc_call *call, struct ndr *ndr)
{
    ndr_handle(ndr);
    read_unicode(call, ndr, RPC_SECRET_NAME);
}

/* --- netlogon --- */

static bool is_zero(const uint8_t *at, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (at[i])
            return false;
    return true;
}

static void credential(struct rpc_call *call, struct ndr *ndr)
{
    const uint8_t *at = ndr_take(ndr, 8);
    if (at)
        rpc_add_bool(call, RPC_IS_ZERO_CREDENTIAL, is_zero(at, 8));
}

/* NetrServerReqChallenge: PrimaryName, ComputerName, ClientChallenge */
static void netlogon_challenge(struct rpc_call *call, struct ndr *ndr)
{
    read_server(call, ndr);
    rpc_add_wide(call, RPC_COMPUTER_NAME, ndr_wide(ndr));
    credential(call, ndr);
}

/* PrimaryName, AccountName, SecureChannelType, ComputerName: NetrServerPasswordSet2,
 * NetrServerPasswordGet, NetrServerTrustPasswordsGet ... */
static void netlogon_account(struct rpc_call *call, struct ndr *ndr)
{
    read_server(call, ndr);
    rpc_add_wide(call, RPC_ACCOUNT_NAME, ndr_wide(ndr));
    rpc_add_number(call, RPC_CHANNEL_TYPE, ndr_enum(ndr));
    rpc_add_wide(call, RPC_COMPUTER_NAME, ndr_wide(ndr));
}

/* NetrServerAuthenticate: the same, ClientCredential */
static void netlogon_authenticate(struct rpc_call *call, struct ndr *ndr)
{
    netlogon_account(call, ndr);
    credential(call, ndr);
}

/* NetrServerAuthenticate2, NetrServerAuthenticate3: the same, NegotiateFlags */
static void netlogon_authenticate_flags(struct rpc_call *call, struct ndr *ndr)
{
    netlogon_authenticate(call, ndr);
    rpc_add_hex(call, RPC_NEGOTIATE_FLAGS, ndr_u32(ndr));
}

/* NetrLogonSamLogon, NetrLogonSamLogonEx: LogonServer, ComputerName, ... */
static void netlogon_logon(struct rpc_call *call, struct ndr *ndr)
{
    read_server(call, ndr);
    rpc_add_wide(call, RPC_COMPUTER_NAME, ndr_wide_pointer(ndr));
}

/* DsrGetDcName, DsrGetDcNameEx: ComputerName, DomainName, ... */
static void netlogon_find(struct rpc_call *call, struct ndr *ndr)
{
    rpc_add_wide(call, RPC_COMPUTER_NAME, ndr_wide_pointer(ndr));
    rpc_add_wide(call, RPC_DOMAIN, ndr_wide_pointer(ndr));
}

/* DsrGetDcNameEx2: ComputerName, AccountName, AllowableAccountControlBits, DomainName, ... */
static void netlogon_find_account(struct rpc_call *call, struct ndr *ndr)
{
    rpc_add_wide(call, RPC_COMPUTER_NAME, ndr_wide_pointer(ndr));
    rpc_add_wide(call, RPC_ACCOUNT_NAME, ndr_wide_pointer(ndr));
    ndr_u32(ndr);
    rpc_add_wide(call, RPC_DOMAIN, ndr_wide_pointer(ndr));
}

/* --- drsuapi --- */

/* DRSBind ([MS-DRSR] 4.1.3): puuidClientDsa, pextClient: cb, then dwFlags and more (5.39) */
static void drs_bind(struct rpc_call *call, struct ndr *ndr)
{
    if (ndr_pointer(ndr))
        read_guid(call, ndr, RPC_CLIENT_DSA);
    if (!ndr_pointer(ndr))
        return;
    ndr_count(ndr);
    rpc_add_number(call, RPC_DRS_EXTENSIONS_LENGTH, ndr_u32(ndr));
    rpc_add_hex(call, RPC_DRS_EXTENSIONS, ndr_u32(ndr));
}

/* DSNAME (5.50): maximum, structLen, SidLen, Guid, Sid (28 bytes), NameLen, StringName */
static void drs_name(struct rpc_call *call, struct ndr *ndr)
{
    ndr_count(ndr);
    ndr_u32(ndr);
    const uint32_t sid_length = ndr_u32(ndr);
    const uint8_t *guid = ndr_take(ndr, 16);
    const uint8_t *sid = ndr_take(ndr, 28);
    const uint32_t units = ndr_u32(ndr);
    const uint8_t *name = units < 0x8000 ? ndr_take(ndr, (size_t)units * 2) : NULL;
    if (!sid || !name)
        return;
    if (units && !ndr->is_big_endian)
        rpc_add_wide(call, RPC_OBJECT_NAME, bytes_of(name, (size_t)units * 2));
    char text[37];
    rpc_uuid_write(text, guid);
    if (!is_zero(guid, 16))
        rpc_add_text(call, RPC_OBJECT_GUID, bytes_of_text(text));
    if (sid_length && sid_length <= 28)
        add_sid(call, RPC_OBJECT_SID, bytes_of(sid, sid_length));
}

/* DRSGetNCChanges (4.1.10): hDrs, dwInVersion, the union: versions 8 and 10. uuidDsaObjDest,
 * uuidInvocIdSrc, pNC, usnvecFrom, pUpToDateVecDest, ulFlags, cMaxObjects, cMaxBytes, ulExtendedOp,
 * liFsmoInfo, pPartialAttrSet, pPartialAttrSetEx, PrefixTableDest, [ulMoreFlags]; then what they
 * point to, pNC first. */
static void drs_changes(struct rpc_call *call, struct ndr *ndr)
{
    ndr_handle(ndr);
    const uint32_t version = ndr_u32(ndr);
    if (version != 8 && version != 10)
        return;
    ndr_u32(ndr);
    ndr_align(ndr, 8);
    read_guid(call, ndr, RPC_CLIENT_DSA);
    ndr_take(ndr, 16);
    const bool has_name = ndr_pointer(ndr);
    rpc_add_number(call, RPC_DRS_USN, ndr_u64(ndr));
    ndr_take(ndr, 16);
    ndr_pointer(ndr);
    rpc_add_hex(call, RPC_DRS_FLAGS, ndr_u32(ndr));
    rpc_add_number(call, RPC_DRS_MAX_OBJECTS, ndr_u32(ndr));
    ndr_u32(ndr);
    rpc_add_number(call, RPC_DRS_EXTENDED_OP, ndr_u32(ndr));
    ndr_u64(ndr);
    ndr_pointer(ndr);
    ndr_pointer(ndr);
    ndr_u32(ndr);
    ndr_pointer(ndr);
    if (version == 10)
        ndr_u32(ndr);
    if (has_name)
        drs_name(call, ndr);
}

/* DRSCrackNames (4.1.4): hDrs, dwInVersion, the union: CodePage, LocaleId, dwFlags, formatOffered,
 * formatDesired, cNames, rpNames */
static void drs_crack(struct rpc_call *call, struct ndr *ndr)
{
    ndr_handle(ndr);
    if (ndr_u32(ndr) != 1)
        return;
    ndr_u32(ndr);
    ndr_align(ndr, ndr->is_64 ? 8 : 4);
    for (unsigned i = 0; i < 3; i++)
        ndr_u32(ndr);
    rpc_add_number(call, RPC_FORMAT_OFFERED, ndr_u32(ndr));
    rpc_add_number(call, RPC_FORMAT_DESIRED, ndr_u32(ndr));
    rpc_add_number(call, RPC_COUNT, ndr_u32(ndr));
    if (ndr_pointer(ndr))
        read_strings(call, ndr, RPC_NAMES);
}

/* DRSDomainControllerInfo (4.1.5): hDrs, dwInVersion, the union: Domain, InfoLevel */
static void drs_controllers(struct rpc_call *call, struct ndr *ndr)
{
    ndr_handle(ndr);
    ndr_u32(ndr);
    ndr_u32(ndr);
    const bool has_domain = ndr_pointer(ndr);
    rpc_add_number(call, RPC_LEVEL, ndr_u32(ndr));
    if (has_domain)
        rpc_add_wide(call, RPC_DOMAIN, ndr_wide(ndr));
}

static const struct argument_row rows[] = {
    {"samr", 0, sam_connect},
    {"samr", 5, sam_domain},
    {"samr", 7, sam_open_domain},
    {"samr", 8, handle_level},
    {"samr", 10, sam_create},
    {"samr", 12, sam_create},
    {"samr", 14, sam_create},
    {"samr", 17, sam_lookup_names},
    {"samr", 18, sam_lookup_ids},
    {"samr", 19, sam_open},
    {"samr", 22, handle_rid},
    {"samr", 24, handle_rid},
    {"samr", 27, sam_open},
    {"samr", 31, handle_sid},
    {"samr", 32, handle_sid},
    {"samr", 34, sam_open},
    {"samr", 36, handle_level},
    {"samr", 37, handle_level},
    {"samr", 40, handle_level},
    {"samr", 46, handle_level},
    {"samr", 47, handle_level},
    {"samr", 50, sam_create_user},
    {"samr", 55, sam_change_password},
    {"samr", 57, sam_connect_name},
    {"samr", 58, handle_level},
    {"samr", 62, sam_connect_revision},
    {"samr", 64, sam_connect_name},
    {"samr", 65, handle_rid},
    {"samr", 66, sam_set_dsrm},
    {"lsarpc", 7, handle_level},
    {"lsarpc", 10, handle_sid},
    {"lsarpc", 14, lsa_lookup_names},
    {"lsarpc", 15, lsa_lookup_sids},
    {"lsarpc", 16, lsa_secret},
    {"lsarpc", 17, handle_sid},
    {"lsarpc", 28, lsa_secret},
    {"lsarpc", 36, handle_sid},
    {"lsarpc", 37, handle_sid},
    {"lsarpc", 42, lsa_secret},
    {"lsarpc", 43, lsa_secret},
    {"lsarpc", 44, read_server},
    {"lsarpc", 45, read_server},
    {"lsarpc", 46, handle_level},
    {"lsarpc", 57, lsa_lookup_sids},
    {"lsarpc", 58, lsa_lookup_names},
    {"lsarpc", 68, lsa_lookup_names},
    {"lsarpc", 76, sid_buffer},
    {"netlogon", 2, netlogon_logon},
    {"netlogon", 4, netlogon_challenge},
    {"netlogon", 5, netlogon_authenticate},
    {"netlogon", 6, netlogon_account},
    {"netlogon", 15, netlogon_authenticate_flags},
    {"netlogon", 20, netlogon_find},
    {"netlogon", 26, netlogon_authenticate_flags},
    {"netlogon", 27, netlogon_find},
    {"netlogon", 30, netlogon_account},
    {"netlogon", 31, netlogon_account},
    {"netlogon", 34, netlogon_find_account},
    {"netlogon", 39, netlogon_logon},
    {"netlogon", 40, read_server},
    {"netlogon", 42, netlogon_account},
    {"drsuapi", 0, drs_bind},
    {"drsuapi", 3, drs_changes},
    {"drsuapi", 12, drs_crack},
    {"drsuapi", 16, drs_controllers},
};

const struct argument_rows arguments_account = {rows, COUNT_OF(rows)};
