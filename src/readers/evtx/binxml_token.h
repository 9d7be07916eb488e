/* BinXML tokens ([MS-EVEN6] 2.2.12; 0x40 is set when more data follows):
 *   00 end of stream          06 attribute: name          0B processing instruction data
 *   01 open start element     07 CDATA: text              0C template instance
 *   02 close start element    08 character reference: u16 0D substitution: slot u16, type u8
 *   03 close empty element    09 entity reference: name   0E optional substitution: the same
 *   04 end element            0A processing instruction   0F fragment header: 3 bytes
 *   05 value: type u8, value
 * Open start element: [dependency u16, definitions only], length u32, name, [attributes length u32
 * when 0x40 is set]. The two lengths are not trusted and not needed. */
#ifndef IMPOUND_READERS_EVTX_BINXML_TOKEN_H
#define IMPOUND_READERS_EVTX_BINXML_TOKEN_H

#define TOKEN_END          0x00
#define TOKEN_OPEN_START   0x01
#define TOKEN_CLOSE_START  0x02
#define TOKEN_CLOSE_EMPTY  0x03
#define TOKEN_END_ELEMENT  0x04
#define TOKEN_VALUE        0x05
#define TOKEN_ATTRIBUTE    0x06
#define TOKEN_CDATA        0x07
#define TOKEN_CHARACTER    0x08
#define TOKEN_ENTITY       0x09
#define TOKEN_PI_TARGET    0x0A
#define TOKEN_PI_DATA      0x0B
#define TOKEN_INSTANCE     0x0C
#define TOKEN_SUBSTITUTION 0x0D
#define TOKEN_OPTIONAL     0x0E
#define TOKEN_FRAGMENT     0x0F
#define TOKEN_MORE         0x40

#endif
