(* config.ml - what the site needs of MirageOS. SPDX-License-Identifier: ISC *)
(* mirage >= 4.10.0 & < 4.12.0 *)

open Mirage

let stack =
  let net = default_network in
  let ethernet = ethif net in
  let arp = arp ethernet in
  direct_stackv4v6 net ethernet arp (create_ipv4 ethernet arp) (create_ipv6 net ethernet)

let site =
  main "Unikernel.Main" (stackv4v6 @-> job)
    ~packages:[ package "tcpip" ~min:"9.0.0"; package "cstruct"; package "fmt" ]

let () = register "site" [ site $ stack ]
