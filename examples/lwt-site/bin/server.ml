(* server.ml - a small web server: server ADDRESS PORT. SPDX-License-Identifier: ISC *)

open Lwt.Syntax

let longest_head = 100 (* lines *)

let rec read_head input lines left =
  if left = 0 then Lwt.return_none
  else
    let* line = Lwt_io.read_line_opt input in
    match line with
    | None -> Lwt.return_none
    | Some "" -> Lwt.return_some (List.rev lines)
    | Some line -> read_head input (line :: lines) (left - 1)

let write output status headers body =
  let head =
    Fmt.str "HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n%a\r\n" status
      (String.length body)
      Fmt.(list ~sep:nop (pair ~sep:(any ": ") string string ++ any "\r\n"))
      headers
  in
  let* () = Lwt_io.write output head in
  Lwt_io.write output body

let is_user user = user = Some ("user", "open sesame")

let answer output (request : Request.t) =
  match Pages.find request.path with
  | None -> write output "404 Not Found" [] "There is no such page.\n"
  | Some page when page.users_only && not (is_user request.user) ->
    write output "401 Unauthorized" [ ("WWW-Authenticate", "Basic realm=\"site\"") ] "Who are you?\n"
  | Some page -> write output "200 OK" [ ("Content-Type", page.content_type) ] page.body

let serve peer (input, output) =
  let* head = read_head input [] longest_head in
  match Option.bind head Request.of_lines with
  | None -> write output "400 Bad Request" [] "This is no request.\n"
  | Some request ->
    Logs.info (fun m -> m "%s asks for %s" peer request.path);
    answer output request

let name = function
  | Unix.ADDR_INET (address, _) -> Unix.string_of_inet_addr address
  | Unix.ADDR_UNIX path -> path

(* What a connection dies of is its own matter. *)
let serve_safely peer channels =
  let peer = name peer in
  Lwt.catch
    (fun () -> serve peer channels)
    (fun e -> Logs.warn (fun m -> m "%s: %a" peer Fmt.exn e); Lwt.return_unit)

let main address port =
  let* _server =
    Lwt_io.establish_server_with_client_address
      (Unix.ADDR_INET (Unix.inet_addr_of_string address, port))
      serve_safely
  in
  Logs.app (fun m -> m "ready: http://%s:%d/" address port);
  fst (Lwt.wait ())

let () =
  Logs.set_reporter (Logs_fmt.reporter ());
  Logs.set_level (Some Logs.Info);
  Sys.set_signal Sys.sigpipe Sys.Signal_ignore;
  match Sys.argv with
  | [| _; address; port |] -> Lwt_main.run (main address (int_of_string port))
  | _ -> Fmt.epr "usage: server ADDRESS PORT@."; exit 2
