(* request.ml - the head of an HTTP request. SPDX-License-Identifier: ISC *)

open Astring

type t = { path : string; user : (string * string) option }

let first_line =
  Re.(compile (seq [ bos; alt [ str "GET"; str "HEAD" ]; char ' ';
                     group (seq [ char '/'; rep (compl [ set " ?" ]) ]);
                     opt (seq [ char '?'; rep (compl [ char ' ' ]) ]);
                     str " HTTP/1."; digit; eos ]))

let path line =
  Option.map (fun found -> Re.Group.get found 1) (Re.exec_opt first_line line)

(* "Authorization: Basic bmFtZTpwYXNzd29yZA==" *)
let user line =
  match String.cut ~sep:":" line with
  | Some (name, value) when String.Ascii.lowercase name = "authorization" -> (
    match String.fields ~empty:false value with
    | [ "Basic"; code ] ->
      Option.bind (Result.to_option (Base64.decode code)) (String.cut ~sep:":")
    | _ -> None)
  | _ -> None

let of_lines = function
  | [] -> None
  | first :: headers ->
    Option.map (fun path -> { path; user = List.find_map user headers }) (path first)
