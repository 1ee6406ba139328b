// Package cucmtrace reads what CUCM's SDL and SDI traces say about TLS connections of
// SIP: gigabytes of them, line by line.
//
// Cisco does not describe the lines. Their forms, and what is known of each:
//
//   - [D] An SDL signal in a document of Cisco about 9.1, twice for a connection, when the
//     other side's certificate was accepted:
//     "04530218.000 |19:59:21.323 |SdlSig   | SIPCertificateInd |wait |SIPHandler(1,100,72,1)
//     |SIPTcp(1,100,64,1) |1,100,17,11.3^*^* |[T:N-H:0,...] connIdx= 12 --remoteIP=
//     10.106.95.200 --remotePort = 5061 -- X509SubjectName /C=IN/O=cisco/CN=CUCM10 --Cipher
//     AES128-SHA --SubjectAltname =". The first line has [T:, the second [R:.
//   - [I] The same signal of 7.x: without SubjectAltname, and with a date in front.
//   - [D] "//SIP/SIPHandler/ccbId=0/scbId=0/SIP_PROCESS_ENQUEUE: createConnMsg
//     tls_security=3": a connection is to be opened. What the numbers mean is not known [?].
//   - [D] "//SIP/Stack/Transport/0x0/sipConnectionManagerProcessConnCreated:
//     gConnTab=0xb444c150, addr=10.106.95.200, port=5061, connid=12, transport=TLS Over TCP".
//   - [D] "SIPTcp - wait_SdlSPISignal: Outgoing SIP TCP message to 10.106.95.200 on port
//     5061 index 12".
//   - [S] "SdlSSLTCPListener::verify_cb pre-verified=1,cert verification errno=0,depth=0":
//     OpenSSL's verification, one line for each certificate of a chain. The line does not
//     name the connection.
//   - [S] "SendTLSConnectionInfo" and "TLS Connection Cipher - INFO:deviceName=...": only
//     their beginnings are known; of what follows, fields as in the other forms are
//     read [I].
//
// Copies may have lost their line breaks: a line can hold several of these.
package cucmtrace
