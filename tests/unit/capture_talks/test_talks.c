/* Talks of Kerberos, DCE/RPC, LDAP, TDS and of security tokens (made of captures of the lab by
 * ../capture_smb/make_talk.py), and what may happen to them. */
#include "auth_talk.h"
#include "talk.h"

#include "readers/capture/krb5/krb5.h"
#include "readers/capture/ldap/ldap.h"
#include "readers/capture/rpc/rpc.h"
#include "readers/capture/tds/tds.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct talk talks[] = {
    {"krb5/kpasswd", &wire_kpasswd_tcp, false}, {"krb5/as", &wire_krb_tcp, false},
    {"krb5/s4u", &wire_krb_tcp, false},         {"rpc/map", &wire_dcerpc, false},
    {"rpc/signed", &wire_dcerpc, false},        {"rpc/objects", &wire_dcerpc, false},
    {"ldap/simple", &wire_ldap, false},         {"ldap/search", &wire_ldap, false},
    {"ldap/ping", &wire_cldap, true},           {"tds/login", &wire_tds, false},
    {"tds/login-only", &wire_tds, false},       {"auth/ntlm", &auth_talk, true},
    {"auth/spnego", &auth_talk, true},          {"auth/kerberos", &auth_talk, true}};

static struct lab *events_of(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(talks); i++)
        if (strcmp(talks[i].name, name) == 0)
            return talk_events(name, talks[i].protocol);
    fail_msg("no talk %s", name);
    return NULL;
}

static void kerberos_requests_are_joined_with_their_replies(void **state)
{
    (void)state;
    struct lab *lab = events_of("krb5/as");
    expect(lab, 1, "kerberos", "\"request_type\":\"AS\",\"client\":\"alice/LAB.EXAMPLE\"");
    expect(lab, 1, "kerberos", "\"service\":\"krbtgt/LAB.EXAMPLE\",\"success\":true");
    expect(lab, 1, "kerberos", "\"cipher\":\"aes256-cts-hmac-sha1-96\"");
    expect(lab, 1, "kerberos", "\"padata\":\"2,128\",\"reply_padata\":\"19\"");
    lab_free(lab);
    lab = events_of("krb5/s4u");
    expect(lab, 1, "kerberos", "\"request_type\":\"TGS\",\"client\":\"alice/LAB.EXAMPLE\"");
    expect(lab, 1, "kerberos", "\"padata\":\"1,136,167\"");
    expect(lab, 1, "kerberos", "\"additional_tickets\":1");
    lab_free(lab);
}

static void changes_of_passwords_are_told(void **state)
{
    (void)state;
    struct lab *lab = events_of("krb5/kpasswd");
    expect(lab, 2, "kerberos", "\"request_type\":\"AP\",\"carrier\":\"kpasswd\"");
    expect(lab, 1, "kpasswd", "\"version\":\"0xff80\",\"is_set\":true");
    expect(lab, 1, "kpasswd", "\"version\":\"0x1\",\"is_set\":false");
    expect(lab, 1, "kpasswd", "\"error_code\":\"37\"");
    lab_free(lab);
}

static void calls_are_told_with_their_arguments_and_their_association(void **state)
{
    (void)state;
    struct lab *lab = events_of("rpc/map");
    expect(lab, 1, "dce_rpc", "\"operation\":\"ept_map\"");
    expect(lab, 1, "dce_rpc", "\"mapped_interface\":\"12345778-1234-abcd-ef00-0123456789ac\"");
    expect(lab, 1, "dce_rpc", "\"mapped_port\":49154");
    lab_free(lab);
    lab = events_of("rpc/signed");
    expect(lab, 4, "dce_rpc", "\"user\":\"LAB\\\\alice\"");
    expect(lab, 1, "dce_rpc", "\"operation\":\"SamrLookupDomainInSamServer\"");
    expect(lab, 1, "dce_rpc", "\"domain\":\"LAB\"");
    expect(lab, 1, "dce_rpc_bind", "\"auth_context_id\":79231");
    expect(lab, 1, "dce_rpc_bind", "\"opnums\":\" 0 5 7 17\"");
    lab_free(lab);
}

static void objects_are_told_by_their_class_and_their_texts(void **state)
{
    (void)state;
    struct lab *lab = events_of("rpc/objects");
    expect(lab, 1, "dce_rpc", "\"wmi_class\":\"Win32_Process\",\"wmi_method\":\"Create\"");
    expect(lab, 1, "dce_rpc", "\"command_line\":\"cmd.exe /Q /c hostname\"");
    expect(lab, 1, "dce_rpc",
           "\"wmi_properties\":\"CommandLine=cmd.exe /Q /c hostname|CurrentDirectory=C:\\\\\"");
    expect(lab, 1, "dce_rpc", "\"wmi_class\":\"ActiveScriptEventConsumer\"");
    expect(lab, 1, "dce_rpc",
           "\"wmi_properties\":\"Name=\xC5\x81\xC3\xB3"
           "d\xC5\xBA|ScriptText=a = 1\"");
    expect(lab, 1, "dce_rpc", "\"query\":\"SELECT * FROM Win32_Service\"");
    expect(lab, 1, "dce_rpc", "\"names\":\"ExecuteShellCommand\"");
    expect(lab, 1, "dce_rpc", "\"command_line\":\"cmd.exe C:\\\\ /Q /c hostname 7\"");
    expect(lab, 1, "dce_rpc", "\"command_line\":\"cmd.exe open\"");
    lab_free(lab);
}

static void searches_are_told_with_their_filter(void **state)
{
    (void)state;
    struct lab *lab = events_of("ldap/simple");
    expect(lab, 1, "ldap", "\"object\":\"alice@lab.example\",\"mechanism\":\"simple\"");
    expect(lab, 1, "ldap_search", "\"filter\":\"(&(objectCategory=person)(objectClass=user))\"");
    expect(lab, 1, "ldap_search", "\"result_count\":10,\"result\":\"success\"");
    lab_free(lab);
    lab = events_of("ldap/ping");
    expect(lab, 1, "ldap_search",
           "\"result\":\"success\",\"filter\":\"(&(NtVer=\\\\06\\\\00\\\\00 "
           ")(DnsDomain=lab.example))\"");
    expect(lab, 1, "ldap_search", "\"ids_are_random\":false");
    lab_free(lab);
    lab = events_of("ldap/search");
    expect(lab, 1, "ldap", "\"result\":\"success\",\"object\":\"\",\"mechanism\":\"GSS-SPNEGO\"");
    expect(lab, 1, "ntlm", "\"success\":true,\"service\":\"ldap\"");
    lab_free(lab);
}

static void a_login_to_a_database_is_told(void **state)
{
    (void)state;
    struct lab *lab = events_of("tds/login");
    expect(lab, 1, "tds", "\"prelogin_instance\":\"MSSQLServer\"");
    expect(lab, 1, "tds", "\"command\":\"login7\"");
    expect(lab, 1, "tds", "\"client_id\":\"010203040506\"");
    expect(lab, 1, "ntlm", "\"service\":\"tds\"");
    lab_free(lab);
}

/* [MS-TDS] 2.2.6.5: ENCRYPT_OFF */
static void what_follows_an_encrypted_login_is_read(void **state)
{
    (void)state;
    struct lab *lab = events_of("tds/login-only");
    expect(lab, 1, "tds", "\"prelogin_encryption\":0");
    expect(lab, 1, "ssl", "\"established\":true");
    expect(lab, 0, "tds", "\"command\":\"login7\"");
    expect(lab, 1, "tds", "\"query\":\"SELECT name FROM sys.databases\"");
    lab_free(lab);
}

static void tokens_say_who_and_how(void **state)
{
    (void)state;
    struct lab *lab = events_of("auth/ntlm");
    expect(lab, 1, "ntlm", "\"username\":\"alice\",\"hostname\":\"\",\"domainname\":\"LAB\"");
    expect(lab, 1, "ntlm", "\"mechanisms\":\"\"");
    expect(lab, 1, "ntlm", "\"av_order\":\"2,1,4,3,7,9\",\"av_server_order\":\"2,1,4,3,7\"");
    lab_free(lab);
    lab = events_of("auth/spnego");
    expect(lab, 1, "ntlm", "\"mechanisms\":\"NTLMSSP\"");
    expect(lab, 1, "ntlm", "\"client_challenge\":\"raGsPePV\"");
    lab_free(lab);
    lab = events_of("auth/kerberos");
    expect(lab, 1, "kerberos", "\"request_type\":\"AP\",\"carrier\":\"test\"");
    expect(lab, 1, "kerberos", "\"ticket_service\":\"cifs/dc1.lab.example\"");
    lab_free(lab);
}

/* --- What may happen to any of them --- */

static void pieces_of_any_size_say_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(talks); i++)
        talk_in_pieces(&talks[i]);
}

static void a_gap_loses_only_what_was_in_it(void **state)
{
    static const struct {
        struct talk talk;
        const char *log;
        size_t first; /* record behind what all others hang on */
    } cases[] = {
        {{"rpc/signed", &wire_dcerpc, false}, "dce_rpc", 3},
        {{"rpc/objects", &wire_dcerpc, false}, "dce_rpc", 1},
        {{"ldap/simple", &wire_ldap, false}, "ldap", 0},
        {{"ldap/simple", &wire_ldap, false}, "ldap_search", 0},
        {{"ldap/search", &wire_ldap, false}, "ldap", 1},
        {{"tds/login", &wire_tds, false}, "tds", 0},
        {{"tds/login-only", &wire_tds, false}, "tds", 0},
        {{"krb5/as", &wire_krb_tcp, false}, "kerberos", 0},
        {{"krb5/s4u", &wire_krb_tcp, false}, "kerberos", 0},
        {{"krb5/kpasswd", &wire_kpasswd_tcp, false}, "kpasswd", 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        talk_with_gaps(&cases[i].talk, cases[i].log, cases[i].first);
}

static void every_prefix_is_harmless(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(talks); i++)
        talk_prefixes(&talks[i]);
}

static void every_bit_flip_is_harmless(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(talks); i++)
        talk_bit_flips(&talks[i]);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kerberos_requests_are_joined_with_their_replies),
        cmocka_unit_test(changes_of_passwords_are_told),
        cmocka_unit_test(calls_are_told_with_their_arguments_and_their_association),
        cmocka_unit_test(objects_are_told_by_their_class_and_their_texts),
        cmocka_unit_test(searches_are_told_with_their_filter),
        cmocka_unit_test(a_login_to_a_database_is_told),
        cmocka_unit_test(what_follows_an_encrypted_login_is_read),
        cmocka_unit_test(tokens_say_who_and_how),
        cmocka_unit_test(pieces_of_any_size_say_the_same),
        cmocka_unit_test(a_gap_loses_only_what_was_in_it),
        cmocka_unit_test(every_prefix_is_harmless),
        cmocka_unit_test(every_bit_flip_is_harmless),
    };
    if (count < 2)
        return 1;
    talks_in(arguments[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
