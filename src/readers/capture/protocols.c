#include "readers/capture/dns/dns.h"
#include "readers/capture/http/http.h"
#include "readers/capture/krb5/krb5.h"
#include "readers/capture/ldap/ldap.h"
#include "readers/capture/rdp/rdp.h"
#include "readers/capture/rpc/rpc.h"
#include "readers/capture/smb/smb.h"
#include "readers/capture/tds/tds.h"
#include "readers/capture/tls/tls.h"
#include "readers/capture/wire.h"

/* In the order in which they are probed. */
const struct wire_protocol *const wire_protocols[] = {
    &wire_smb,     &wire_krb_tcp, &wire_krb_udp, &wire_kpasswd_tcp, &wire_kpasswd_udp,
    &wire_dcerpc,  &wire_ldap,    &wire_cldap,   &wire_tds,         &wire_tls,
    &wire_dns_udp, &wire_dns_tcp, &wire_http,    &wire_rdp,         NULL,
};
