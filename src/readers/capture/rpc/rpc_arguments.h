/* Readers of requests' arguments: a file of them a family of interfaces, found by interface and
 * opnum. The order of their reads is the order of the parameters in the specification's IDL;
 * [in, string] and other reference pointers have no referent at the top level. */
#ifndef IMPOUND_READERS_CAPTURE_RPC_ARGUMENTS_H
#define IMPOUND_READERS_CAPTURE_RPC_ARGUMENTS_H

#include "base/attributes.h"
#include "readers/capture/rpc/rpc_call.h"

typedef void argument_reader(struct rpc_call *call, struct ndr *ndr);

struct argument_row {
    const char *endpoint; /* of the interface */
    uint16_t opnum;
    argument_reader *read;
};

struct argument_rows {
    const struct argument_row *rows;
    size_t count;
};

extern const struct argument_rows arguments_service;  /* svcctl, tasks, atsvc */
extern const struct argument_rows arguments_registry; /* winreg, event logs */
extern const struct argument_rows arguments_account;  /* samr, lsarpc, netlogon, drsuapi */
extern const struct argument_rows arguments_share;    /* srvsvc, wkssvc, files, printers, others */
extern const struct argument_rows arguments_object;   /* epmapper, DCOM, WMI, Automation */

/* [in, unique, string] wchar_t *, the server's name in most interfaces. */
void read_server(struct rpc_call *call, struct ndr *ndr);

/* RPC_UNICODE_STRING, its text directly behind it. */
void read_unicode(struct rpc_call *call, struct ndr *ndr, enum rpc_field field);

/* `count` of them in an array, their texts behind it, joined by commas. */
void read_unicodes(struct rpc_call *call, struct ndr *ndr, enum rpc_field field, uint32_t count);

/* An array of pointers to strings, its maximum first, joined by commas. */
void read_strings(struct rpc_call *call, struct ndr *ndr, enum rpc_field field);

/* A GUID as text. */
void read_guid(struct rpc_call *call, struct ndr *ndr, enum rpc_field field);

/* RPC_SID as text. */
void read_sid(struct rpc_call *call, struct ndr *ndr, enum rpc_field field);

/* The SID in these bytes (without NDR's maximum); nothing when they are too few. */
void add_sid(struct rpc_call *call, enum rpc_field field, struct bytes sid);

#endif
