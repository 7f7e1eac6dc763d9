(* unikernel.ml - a static web site over a TCP/IP stack. SPDX-License-Identifier: ISC *)

open Lwt.Syntax

let log = Logs.Src.create "site" ~doc:"the web site"

module Log = (val Logs.src_log log)

let longest_head = 8192 (* bytes *)

let response status content_type body =
  Fmt.str "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
    status content_type (String.length body) body

let answer head =
  match String.split_on_char ' ' head with
  | "GET" :: path :: _ -> (
    match Pages.find path with
    | Some page -> response "200 OK" page.content_type page.body
    | None -> response "404 Not Found" "text/plain" "There is no such page.\n")
  | _ -> response "400 Bad Request" "text/plain" "This is no request.\n"

let ends_head text =
  let ending = "\r\n\r\n" in
  let n = String.length text - String.length ending in
  let rec at i = i <= n && (String.sub text i (String.length ending) = ending || at (i + 1)) in
  at 0

module Main (Stack : Tcpip.Stack.V4V6) = struct
  module Tcp = Stack.TCP

  let rec read_head flow head =
    if ends_head head || String.length head > longest_head then Lwt.return head
    else
      let* input = Tcp.read flow in
      match input with
      | Ok (`Data bytes) -> read_head flow (head ^ Cstruct.to_string bytes)
      | Ok `Eof | Error _ -> Lwt.return head

  let serve flow =
    let address, _ = Tcp.dst flow in
    let* head = read_head flow "" in
    let first = List.hd (String.split_on_char '\r' head) in
    Log.info (fun m -> m "%a: %s" Ipaddr.pp address first);
    let* written = Tcp.write flow (Cstruct.of_string (answer head)) in
    Result.iter_error (fun e -> Log.warn (fun m -> m "%a" Tcp.pp_write_error e)) written;
    Tcp.close flow

  let start stack =
    Tcp.listen (Stack.tcp stack) ~port:80 serve;
    Log.app (fun m -> m "ready");
    Stack.listen stack
end
