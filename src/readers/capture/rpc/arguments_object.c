/* The endpoint mapper (C706 appendix O), DCOM ([MS-DCOM] 3.1.2.5), WMI ([MS-WMI] 3.1.4) and
 * Automation ([MS-OAUT] 3.1.4). */
#include "rpc_arguments.h"
#include "wmi_object.h"

/* --- epmapper --- */

/* ept_lookup: inquiry_type, object, interface_id, vers_option, ... */
static void ept_lookup(struct rpc_call *call, struct ndr *ndr)
{
    ndr_u32(ndr);
    if (ndr_pointer(ndr))
        ndr_take(ndr, 16);
    if (ndr_pointer(ndr))
        read_guid(call, ndr, RPC_MAPPED_INTERFACE);
}

/* ept_map: object, map_tower, ...; the tower's first floor is the interface. */
static void ept_map(struct rpc_call *call, struct ndr *ndr)
{
    char text[37];
    if (ndr_pointer(ndr))
        ndr_take(ndr, 16);
    if (!ndr_pointer(ndr))
        return;
    ndr_count(ndr);
    ndr_u32(ndr);
    const uint8_t *tower = ndr_take(ndr, 2 + 2 + 1 + 16);
    if (!tower || tower[4] != 0x0D)
        return;
    rpc_uuid_write(text, tower + 5);
    rpc_add_text(call, RPC_MAPPED_INTERFACE, bytes_of_text(text));
}

/* --- DCOM --- */

#define EXTENTS_MAX 16U

/* ORPC_EXTENT_ARRAY ([MS-DCOM] 2.2.13.2): size, reserved, pointer to an array of pointers to
 * ORPC_EXTENT: maximum, id, size, data. */
static void extensions(struct ndr *ndr)
{
    ndr_u32(ndr);
    ndr_u32(ndr);
    if (!ndr_pointer(ndr))
        return;
    const uint32_t count = ndr_count(ndr);
    const uint8_t *referents = count <= EXTENTS_MAX ? ndr_referents(ndr, count) : NULL;
    ndr->is_broken |= !referents;
    for (uint32_t i = 0; !ndr->is_broken && i < count; i++)
        if (ndr_referent(ndr, referents, i)) {
            const uint32_t length = ndr_count(ndr);
            ndr_take(ndr, 16);
            ndr_u32(ndr);
            ndr_take(ndr, length);
        }
}

/* ORPCTHIS (2.2.13.3): version, flags, reserved, causality id, extensions. */
static void orpc_this(struct ndr *ndr)
{
    ndr_take(ndr, 28);
    if (ndr_pointer(ndr))
        extensions(ndr);
}

/* IObjectExporter: ResolveOxid, ResolveOxid2: pOxid, ... */
static void resolve_oxid(struct rpc_call *call, struct ndr *ndr)
{
    rpc_add_hex(call, RPC_OXID, ndr_u64(ndr));
}

/* InstantiationInfoData (2.2.22.2.1): classId, classCtx, actvflags, fIsSurrogate, cIID, instFlag,
 * pIID, thisSize, clientCOMVersion; then the IIDs. */
static void instantiation(struct rpc_call *call, struct bytes bytes)
{
    struct ndr ndr = ndr_over(bytes, false);
    read_guid(call, &ndr, RPC_CLSID);
    ndr_take(&ndr, 12);
    const uint32_t count = ndr_u32(&ndr);
    ndr_u32(&ndr);
    if (!ndr_pointer(&ndr))
        return;
    ndr_take(&ndr, 12);
    for (uint32_t i = 0; i < count && !ndr.is_broken; i++)
        read_guid(call, &ndr, RPC_IIDS);
}

/* RemoteCreateInstance, RemoteGetClassObject: ORPCTHIS, ..., pActProperties, an OBJREF_CUSTOM
 * (2.2.18.6, 48 bytes before its data) of an activation properties BLOB (2.2.22): 8 bytes, then
 *
 *   0 serialisation header  16 totalSize  20 headerSize  32 cIfs  64 maximum, a CLSID a property,
 *   maximum, a size a property
 *
 * and behind headerSize bytes the properties, each with a header of 16 bytes. */
static void activation(struct rpc_call *call, struct ndr *ndr)
{
    static const uint8_t wanted[16] = {0xAB, 1, 0, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46};
    const struct bytes stub = ndr->stub;
    const uint8_t *mark = stub.length ? memmem(stub.data, stub.length, "MEOW", 4) : NULL;
    struct cursor at = cursor_over(stub, 0), classes, sizes;
    if (!mark || !cursor_take(&at, (size_t)(mark - stub.data) + 56))
        return;
    struct cursor properties = at;
    const uint8_t *header = cursor_take(&at, 68);
    if (!header || !cursor_split(&at, (size_t)load_le32(header + 32) * 16, &classes) ||
        !cursor_take(&at, 4) || !cursor_split(&at, (size_t)load_le32(header + 32) * 4, &sizes) ||
        !cursor_take(&properties, load_le32(header + 20)))
        return;
    const uint8_t *id, *size;
    while ((id = cursor_take(&classes, 16)) && (size = cursor_take(&sizes, 4))) {
        const size_t length = load_le32(size);
        const uint8_t *property = cursor_take(&properties, length);
        if (!property)
            return;
        if (length > 16 && memcmp(id, wanted, sizeof(wanted)) == 0)
            instantiation(call, bytes_of(property + 16, length - 16));
    }
}

/* RemoteActivation: ORPCTHIS, Clsid, pwszObjectName, pObjectStorage, ClientImpLevel, Mode,
 * Interfaces, pIIDs, ... */
static void remote_activation(struct rpc_call *call, struct ndr *ndr)
{
    orpc_this(ndr);
    read_guid(call, ndr, RPC_CLSID);
    rpc_add_wide(call, RPC_OBJECT_NAME, ndr_wide_pointer(ndr));
    if (ndr_pointer(ndr))
        return;
    ndr_u32(ndr);
    ndr_u32(ndr);
    const uint32_t count = ndr_u32(ndr);
    if (!ndr_pointer(ndr))
        return;
    ndr_count(ndr);
    for (uint32_t i = 0; i < count && !ndr->is_broken; i++)
        read_guid(call, ndr, RPC_IIDS);
}

/* RemQueryInterface: ORPCTHIS, ripid, cRefs, cIids, iids */
static void query_interface(struct rpc_call *call, struct ndr *ndr)
{
    orpc_this(ndr);
    ndr_take(ndr, 16);
    ndr_u32(ndr);
    const uint16_t count = ndr_u16(ndr);
    ndr_count(ndr);
    for (unsigned i = 0; i < count && !ndr->is_broken; i++)
        read_guid(call, ndr, RPC_IIDS);
}

/* RemAddRef, RemRelease: ORPCTHIS, cInterfaceRefs, InterfaceRefs (ipid, public and private) */
static void references(struct rpc_call *call, struct ndr *ndr)
{
    orpc_this(ndr);
    rpc_add_number(call, RPC_COUNT, ndr_u16(ndr));
    ndr_count(ndr);
    ndr_take(ndr, 16);
    rpc_add_number(call, RPC_REFERENCES, ndr_u32(ndr));
}

/* --- WMI --- */

/* NTLMLogin: ORPCTHIS, wszNetworkResource, ... */
static void wmi_login(struct rpc_call *call, struct ndr *ndr)
{
    orpc_this(ndr);
    rpc_add_wide(call, RPC_NAMESPACE, ndr_wide_pointer(ndr));
}

/* SetClientInfo: ORPCTHIS, wszClientMachine, lClientProcId, ... */
static void wmi_client(struct rpc_call *call, struct ndr *ndr)
{
    orpc_this(ndr);
    rpc_add_wide(call, RPC_CLIENT_NAME, ndr_wide_pointer(ndr));
    rpc_add_number(call, RPC_PROCESS_ID, ndr_u32(ndr));
}

/* A BSTR as [MS-OAUT] 2.2.23 marshals it: referent, maximum, bytes, units, text. */
static struct bytes bstr(struct ndr *ndr)
{
    if (!ndr_pointer(ndr))
        return (struct bytes){0};
    ndr_count(ndr);
    ndr_u32(ndr);
    const uint32_t units = ndr_u32(ndr);
    const uint8_t *text = units < 0x80000000 ? ndr_take(ndr, (size_t)units * 2) : NULL;
    ndr->is_broken |= !text;
    return text && !ndr->is_big_endian ? bytes_of(text, (size_t)units * 2) : (struct bytes){0};
}

static void text_join(struct rpc_call *call, enum rpc_field field, const char *between,
                      struct wmi_text text)
{
    if (text.is_wide)
        rpc_join_wide(call, field, between, text.bytes);
    else
        rpc_join_text(call, field, between, text.bytes);
}

static bool is_named(struct wmi_text name, const char *text)
{
    return !name.is_wide && bytes_equal(name.bytes, bytes_of_text(text));
}

static void command_see(void *context, struct wmi_text name, struct wmi_text value)
{
    if (is_named(name, "CommandLine"))
        text_join(context, RPC_COMMAND_LINE, "", value);
}

static void property_see(void *context, struct wmi_text name, struct wmi_text value)
{
    text_join(context, RPC_WMI_PROPERTIES, "|", name);
    text_join(context, RPC_WMI_PROPERTIES, "=", value);
}

/* The object that stands in the rest of the stub. */
static bool object_read(struct rpc_call *call, const struct ndr *ndr, struct wmi_text *class_name)
{
    const struct bytes rest = bytes_of(ndr->stub.data + ndr->at, ndr->stub.length - ndr->at);
    return wmi_object_read(rest, class_name, command_see, call) &&
           wmi_object_read(rest, class_name, property_see, call);
}

/* ExecMethod: ORPCTHIS, strObjectPath, strMethodName, lFlags, pCtx, pInParams, ... */
static void wmi_method(struct rpc_call *call, struct ndr *ndr)
{
    struct wmi_text parameters;
    orpc_this(ndr);
    rpc_add_wide(call, RPC_WMI_CLASS, bstr(ndr));
    rpc_add_wide(call, RPC_WMI_METHOD, bstr(ndr));
    object_read(call, ndr, &parameters);
}

/* PutInstance: ORPCTHIS, pInst, ... */
static void wmi_put(struct rpc_call *call, struct ndr *ndr)
{
    struct wmi_text class_name;
    orpc_this(ndr);
    if (object_read(call, ndr, &class_name) && class_name.bytes.length)
        text_join(call, RPC_WMI_CLASS, "", class_name);
}

/* ExecQuery, ExecNotificationQuery: ORPCTHIS, strQueryLanguage, strQuery, ... */
static void wmi_query(struct rpc_call *call, struct ndr *ndr)
{
    orpc_this(ndr);
    bstr(ndr);
    rpc_add_wide(call, RPC_QUERY, bstr(ndr));
}

/* GetObject, DeleteInstance, CreateInstanceEnum: ORPCTHIS, a path or a class */
static void wmi_object(struct rpc_call *call, struct ndr *ndr)
{
    orpc_this(ndr);
    rpc_add_wide(call, RPC_WMI_CLASS, bstr(ndr));
}

/* OpenNamespace: ORPCTHIS, strNamespace, ... */
static void wmi_namespace(struct rpc_call *call, struct ndr *ndr)
{
    orpc_this(ndr);
    rpc_add_wide(call, RPC_NAMESPACE, bstr(ndr));
}

/* --- Automation --- */

/* GetIDsOfNames: ORPCTHIS, riid, rgszNames, cNames, lcid */
static void ids_of_names(struct rpc_call *call, struct ndr *ndr)
{
    orpc_this(ndr);
    ndr_take(ndr, 16);
    read_strings(call, ndr, RPC_NAMES);
}

#define VARIANTS_MAX 32U
#define VT_BSTR      8U

/* _wireVARIANT ([MS-OAUT] 2.2.29.1): clSize in units of 8 bytes, reserved, vt, 6 reserved, the
 * union's switch, the value. */
static struct bytes variant_text(struct ndr *ndr)
{
    ndr_align(ndr, 8);
    struct ndr inside = *ndr;
    const uint32_t size = ndr_u32(&inside);
    ndr_u32(&inside);
    const uint16_t type = ndr_u16(&inside);
    ndr_take(&inside, 6);
    ndr_u32(&inside);
    const struct bytes text = type == VT_BSTR ? bstr(&inside) : (struct bytes){0};
    if (size > ndr->stub.length / 8 || !size)
        ndr->is_broken = true;
    else
        ndr_take(ndr, (size_t)size * 8);
    return inside.is_broken ? (struct bytes){0} : text;
}

/* Invoke: ORPCTHIS, dispIdMember, riid, lcid, dwFlags, pDispParams: rgvarg, rgdispidNamedArgs,
 * cArgs, cNamedArgs, then the arguments, the last first. Their texts, in the order in which they
 * were written, are the command that MMC20's ExecuteShellCommand and the Shell's ShellExecute run.
 */
static void invoke(struct rpc_call *call, struct ndr *ndr)
{
    struct bytes texts[VARIANTS_MAX];
    orpc_this(ndr);
    rpc_add_number(call, RPC_DISPID, ndr_u32(ndr));
    ndr_take(ndr, 16);
    ndr_u32(ndr);
    ndr_u32(ndr);
    const bool has_arguments = ndr_pointer(ndr);
    ndr_pointer(ndr);
    ndr_take(ndr, 8);
    const uint32_t count = has_arguments ? ndr_count(ndr) : 0;
    const uint8_t *referents = count <= VARIANTS_MAX ? ndr_referents(ndr, count) : NULL;
    if (!count || !referents)
        return;
    for (uint32_t i = 0; i < count; i++)
        texts[i] = variant_text(ndr);
    for (uint32_t i = count; i-- > 0;)
        if (texts[i].length)
            rpc_join_wide(call, RPC_COMMAND_LINE, " ", texts[i]);
}

static const struct argument_row rows[] = {
    {"epmapper", 2, ept_lookup},
    {"epmapper", 3, ept_map},
    {"IObjectExporter", 0, resolve_oxid},
    {"IObjectExporter", 4, resolve_oxid},
    {"ISystemActivator", 3, activation},
    {"ISystemActivator", 4, activation},
    {"IActivation", 0, remote_activation},
    {"IRemUnknown", 3, query_interface},
    {"IRemUnknown", 4, references},
    {"IRemUnknown", 5, references},
    {"IRemUnknown2", 3, query_interface},
    {"IRemUnknown2", 4, references},
    {"IRemUnknown2", 5, references},
    {"IWbemLevel1Login", 6, wmi_login},
    {"IWbemLoginClientID", 3, wmi_client},
    {"IWbemServices", 3, wmi_namespace},
    {"IWbemServices", 6, wmi_object},
    {"IWbemServices", 14, wmi_put},
    {"IWbemServices", 16, wmi_object},
    {"IWbemServices", 18, wmi_object},
    {"IWbemServices", 20, wmi_query},
    {"IWbemServices", 21, wmi_query},
    {"IWbemServices", 22, wmi_query},
    {"IWbemServices", 24, wmi_method},
    {"IWbemServices", 25, wmi_method},
    {"IDispatch", 5, ids_of_names},
    {"IDispatch", 6, invoke},
};

const struct argument_rows arguments_object = {rows, COUNT_OF(rows)};
