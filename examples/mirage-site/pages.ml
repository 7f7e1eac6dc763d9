(* pages.ml - what the site has. SPDX-License-Identifier: ISC *)

type page = { content_type : string; body : string }

let html title body =
  { content_type = "text/html";
    body = Fmt.str "<!doctype html>\n<title>%s</title>\n<h1>%s</h1>\n%s\n" title title body }

(* Ten segments of 1,024 bytes: how many come in the first flight? *)
let numbers = String.concat "" (List.init 1_700 (Fmt.str "%05d\n"))

let find = function
  | "/" -> Some (html "A site on MirageOS" "<p><a href=/numbers>A longer page</a>.")
  | "/numbers" -> Some { content_type = "text/plain"; body = numbers }
  | _ -> None
