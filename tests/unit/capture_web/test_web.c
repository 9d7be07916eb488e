/* Talks of TLS, DNS, HTTP and RDP (make_talks.py), and what may happen to them. */
#include "talk.h"

#include "readers/capture/dns/dns.h"
#include "readers/capture/http/http.h"
#include "readers/capture/rdp/rdp.h"
#include "readers/capture/tls/tls.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct talk talks[] = {
    {"tls/tls12", &wire_tls, false},    {"tls/tls13", &wire_tls, false},
    {"dns/talk", &wire_dns_tcp, false}, {"http/talk", &wire_http, false},
    {"http/broken", &wire_http, false}, {"rdp/plain", &wire_rdp, false},
    {"rdp/failed", &wire_rdp, false}};

static void tls_1_2_shows_its_certificate(void **state)
{
    (void)state;
    struct lab *lab = talk_events("tls/tls12", &wire_tls);
    expect(lab, 1, "ssl", "\"version\":\"TLSv12\"");
    expect(lab, 1, "ssl", "\"server_name\":\"lab.example\"");
    expect(lab, 1, "ssl", "\"next_protocol\":\"http/1.1\"");
    expect(lab, 1, "ssl", "\"client_protocols\":[\"h2\",\"http/1.1\"]");
    expect(lab, 1, "ssl", "\"established\":true");
    expect(lab, 1, "ssl", "\"subject\":\"CN=lab.example,O=Lab\\\\, Inc,C=XX\"");
    expect(lab, 1, "x509", "\"certificate.serial\":\"BADCAFE\"");
    expect(lab, 1, "x509", "\"certificate.curve\":\"prime256v1\"");
    expect(lab, 1, "x509", "\"san.dns\":[\"lab.example\"]");
    expect(lab, 1, "x509", "\"san.ip\":[\"192.0.2.30\"]");
    expect(lab, 1, "x509", "\"is_self_issued\":true");
    lab_free(lab);
}

static void tls_1_3_hides_its_certificate(void **state)
{
    (void)state;
    struct lab *lab = talk_events("tls/tls13", &wire_tls);
    expect(lab, 1, "ssl", "\"version\":\"TLSv13\"");
    expect(lab, 1, "ssl", "\"cipher\":\"TLS_AES_256_GCM_SHA384\"");
    expect(lab, 1, "ssl", "\"established\":true");
    expect(lab, 0, "x509", "");
    lab_free(lab);
}

static void questions_are_joined_with_their_replies(void **state)
{
    (void)state;
    struct lab *lab = talk_events("dns/talk", &wire_dns_tcp);
    expect(lab, 4, "dns", "");
    expect(lab, 1, "dns", "\"answers\":[\"dc.lab.example\",\"192.0.2.30\"],\"TTLs\":[300,300]");
    expect(lab, 1, "dns", "\"answers\":[\"TXT 5 hello TXT 5 world\"]");
    expect(lab, 1, "dns", "\"rcode_name\":\"NXDOMAIN\"");
    expect(lab, 1, "dns", "\"Z\":2");
    expect(lab, 1, "dns", "\"query\":\"_ldap._tcp.dc._msdcs.lab.example\"");
    expect(lab, 3, "dns", "\"rtt\":");
    lab_free(lab);
}

static void requests_are_joined_with_their_responses(void **state)
{
    (void)state;
    struct lab *lab = talk_events("http/talk", &wire_http);
    expect(lab, 4, "http", "");
    expect(lab, 1, "http", "\"response_body\":\"function FindProxyForURL(a, b){}\"");
    expect(lab, 1, "http", "\"www_authenticate\":[\"NTLM\",\"Negotiate\"]");
    expect(lab, 1, "http", "\"request_body_len\":7,\"response_body_len\":6,\"status_code\":201");
    expect(lab, 1, "http", "\"orig_mime_types\":[\"application/x-dosexec\"]");
    expect(lab, 1, "http", "\"resp_mime_types\":[\"text/html\"]");
    expect(lab, 1, "http", "\"info_code\":100");
    expect(lab, 1, "http", "\"username\":\"lab\"");
    expect(lab, 0, "http", "secret");
    expect(lab, 1, "http", "\"response_body\":\"to the end\"");
    expect(lab, 1, "ntlm", "\"service\":\"http\"");
    lab_free(lab);
}

static void what_is_no_head_is_passed_over(void **state)
{
    (void)state;
    struct buffer talk = talk_read("http/broken");
    struct lab *lab = lab_new();
    lab_talk(lab, &wire_http, buffer_view(&talk), 0);
    assert_int_equal(lab_damaged(lab), 2);
    expect(lab, 3, "http", "");
    expect(lab, 1, "http", "\"uri\":\"/b\"");
    expect(lab, 1, "http", "\"status_msg\":\"No\"");
    expect(lab, 1, "ssl", "\"carrier\":\"http\"");
    lab_free(lab);
    buffer_release(&talk);
}

static void settings_of_rdp_are_told_where_they_are_in_clear(void **state)
{
    (void)state;
    struct lab *lab = talk_events("rdp/plain", &wire_rdp);
    expect(lab, 1, "rdp", "\"cookie\":\"lab\"");
    expect(lab, 1, "rdp", "\"client_name\":\"LAB-CLIENT\"");
    expect(lab, 1, "rdp", "\"client_channels\":[\"rdpdr\",\"cliprdr\"]");
    expect(lab, 1, "rdp", "\"client_build\":\"RDP 7.1\"");
    expect(lab, 1, "rdp", "\"requested_color_depth\":\"32bit\"");
    expect(lab, 1, "rdp", "\"encryption_method\":\"128bit\"");
    expect(lab, 1, "rdp", "\"cert_type\":\"X.509\"");
    lab_free(lab);
    lab = talk_events("rdp/failed", &wire_rdp);
    expect(lab, 1, "rdp", "\"result\":\"HYBRID_REQUIRED_BY_SERVER\"");
    lab_free(lab);
}

/* --- What may happen to any of them --- */

static void pieces_of_any_size_say_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(talks); i++)
        talk_in_pieces(&talks[i]);
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
        cmocka_unit_test(tls_1_2_shows_its_certificate),
        cmocka_unit_test(tls_1_3_hides_its_certificate),
        cmocka_unit_test(questions_are_joined_with_their_replies),
        cmocka_unit_test(requests_are_joined_with_their_responses),
        cmocka_unit_test(what_is_no_head_is_passed_over),
        cmocka_unit_test(settings_of_rdp_are_told_where_they_are_in_clear),
        cmocka_unit_test(pieces_of_any_size_say_the_same),
        cmocka_unit_test(every_prefix_is_harmless),
        cmocka_unit_test(every_bit_flip_is_harmless),
    };
    if (count < 2)
        return 1;
    talks_in(arguments[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
