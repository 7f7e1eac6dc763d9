(* pages.ml - what the site has. SPDX-License-Identifier: ISC *)

type page = { content_type : string; body : string; users_only : bool }

let html title body =
  Fmt.str "<!doctype html>\n<title>%s</title>\n<h1>%s</h1>\n%s\n" title title body

let index =
  html "A site on Lwt"
    "<p>Each page is written through a buffer of Lwt's.\n\
     <p><a href=/numbers>A longer page</a>, <a href=/private>one for users</a>."

let numbers = String.concat "" (List.init 20_000 (Fmt.str "%05d\n"))
let text body = { content_type = "text/plain"; body; users_only = false }
let web body = { (text body) with content_type = "text/html" }

let all =
  [ "/", web index;
    "/numbers", text numbers;
    "/private", { (web (html "For users" "<p>You are one.")) with users_only = true } ]

let find path = List.assoc_opt path all
