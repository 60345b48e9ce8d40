use syntax::{Language, Outline, outline};

use crate::{File, ImportGraph};

/// Small checkouts, outlined for real.
struct Checkout {
    paths: Vec<String>,
    outlines: Vec<Outline>,
    graph: ImportGraph,
}

impl Checkout {
    fn new(files: &[(&str, &str)]) -> Self {
        let mut files: Vec<File<'_>> = files
            .iter()
            .map(|(path, text)| File { path, content: text, language: Language::of(path, "") })
            .collect();
        files.sort_by_key(|file| file.path);
        let outlines: Vec<Outline> =
            files.iter().map(|f| outline(f.language, f.content.text())).collect();
        let parsed: Vec<Option<&Outline>> = outlines.iter().map(Some).collect();
        let graph = ImportGraph::resolve(&files, &parsed);
        let paths = files.iter().map(|file| file.path.to_owned()).collect();
        Self { paths, outlines, graph }
    }

    /// What each line of a file leads to: `line path names`, `line ? module` where nothing is there,
    /// `line ! package` where it is another project's.
    fn of(&self, path: &str) -> Vec<String> {
        let at = self.paths.iter().position(|other| other == path).unwrap();
        let edges = self.graph.edges(at).iter().map(|edge| {
            let implicit = if edge.import.is_none() { " implicitly" } else { "" };
            let to = &self.paths[edge.to];
            (edge.line, format!("{} {to} {}{implicit}", edge.line, edge.names.join(" ")))
        });
        let outside = self.graph.outside(at).iter().map(|outside| {
            let import = &self.outlines[at].imports[outside.import];
            let what = match &outside.package {
                Some(package) => format!("! {package}"),
                None => format!("? {}", import.module),
            };
            (import.line, format!("{} {what}", import.line))
        });
        let mut all: Vec<(u32, String)> = edges.chain(outside).collect();
        all.sort();
        all.into_iter().map(|(_, text)| text.trim_end().to_owned()).collect()
    }
}

#[test]
fn python() {
    let checkout = Checkout::new(&[
        ("src/flask/__init__.py", "from .app import Flask\n"),
        (
            "src/flask/app.py",
            "import json\nimport os.path\nfrom . import json as j, cli\nfrom .sessions import Session\n\
             def f():\n    from .gone import x\n    import flask.json.tag\n",
        ),
        ("src/flask/sessions.py", ""),
        ("src/flask/cli.py", ""),
        ("src/flask/json/__init__.py", "from ..app import Flask\n"),
        ("src/flask/json/tag.py", "from __future__ import annotations\nimport flask.missing"),
        ("tests/conftest.py", ""),
        ("tests/test_app.py", "from flask import sessions, Flask\nimport conftest\nimport flask\n"),
        ("tests/sub/__init__.py", ""),
        ("tests/sub/test_b.py", "from tests.sub import test_c\nfrom sub.test_c import x"),
        ("tests/sub/test_c.py", ""),
    ]);
    assert_eq!(
        checkout.of("src/flask/app.py"),
        [
            "1 ! json",
            "2 ! os",
            "3 src/flask/cli.py cli",
            "3 src/flask/json/__init__.py json",
            "4 src/flask/sessions.py Session",
            "6 ? .gone",
            "7 src/flask/json/tag.py",
        ]
    );
    assert_eq!(checkout.of("src/flask/json/__init__.py"), ["1 src/flask/app.py Flask"]);
    assert_eq!(checkout.of("src/flask/json/tag.py"), ["1 ! __future__", "2 ? flask.missing"]);
    assert_eq!(
        checkout.of("tests/test_app.py"),
        [
            "1 src/flask/__init__.py Flask",
            "1 src/flask/sessions.py sessions",
            "2 tests/conftest.py",
            "3 src/flask/__init__.py",
        ]
    );
    assert_eq!(
        checkout.of("tests/sub/test_b.py"),
        ["1 tests/sub/test_c.py test_c", "2 tests/sub/test_c.py x"]
    );
}

#[test]
fn ecmascript() {
    let checkout = Checkout::new(&[
        (
            "packages/math/package.json",
            r##"{"name": "@x/math", "imports": {"#inner/*": "./src/inner/*.js"},
                "exports": {".": {"import": "./dist/esm/index.js"}, "./deep/*": "./dist/*.js"}}"##,
        ),
        (
            "packages/math/src/index.ts",
            "export * from './point.js'\nexport { one } from '#inner/one'",
        ),
        (
            "packages/math/src/point.ts",
            "const { index } = require('.')\nconst x = await import('./inner')",
        ),
        ("packages/math/src/inner/one.ts", ""),
        ("packages/math/src/inner/index.mts", ""),
        ("packages/plain/package.json", r#"{"name": "plain", "main": "main.js"}"#),
        ("packages/plain/test/a.js", "require('..')\nrequire('../../node_modules/@y/z/index.js')"),
        ("packages/plain/main.js", ""),
        (
            "app/tsconfig.json",
            "{ // with comments\n \"extends\": \"./tsconfig.base\", \"include\": [\"src\",],}",
        ),
        (
            "app/tsconfig.base.json",
            r#"{"compilerOptions": {"baseUrl": ".", "paths": {"~ui/*": ["src/ui/*"], "util": ["src/util"]}}}"#,
        ),
        (
            "app/src/main.tsx",
            "import { a } from './util.js'\nimport b, * as c from './ui'\nimport d from '@/util'\n\
             import { Point } from '@x/math'\nimport '@x/math/deep/point'\nimport '@y/other/deep'\n\
             import 'react/jsx-runtime'\nimport './gone'\nimport '../../../out'\nimport '~ui/button'\n\
             import 'util'\nimport 'src/ui/button'\nimport p from 'plain'\nimport './icon.svg?raw'\n\
             import '@x/math/gone'\n",
        ),
        ("app/src/util.ts", ""),
        ("app/src/icon.svg", ""),
        ("app/src/ui/index.tsx", ""),
        ("app/src/ui/button.tsx", ""),
    ]);
    assert_eq!(
        checkout.of("app/src/main.tsx"),
        [
            "1 app/src/util.ts a",
            "2 app/src/ui/index.tsx default *",
            "3 app/src/util.ts default",
            "4 packages/math/src/index.ts Point",
            "5 packages/math/src/point.ts",
            "6 ! @y/other",
            "7 ! react",
            "8 ? ./gone",
            "9 ? ../../../out",
            "10 app/src/ui/button.tsx",
            "11 app/src/util.ts",
            "12 app/src/ui/button.tsx",
            "13 packages/plain/main.js default",
            "14 app/src/icon.svg",
            "15 ? @x/math/gone",
        ]
    );
    assert_eq!(checkout.of("packages/plain/test/a.js"), ["1 packages/plain/main.js", "2 ! @y/z"]);
    assert_eq!(
        checkout.of("packages/math/src/index.ts"),
        ["1 packages/math/src/point.ts *", "2 packages/math/src/inner/one.ts one"]
    );
    assert_eq!(
        checkout.of("packages/math/src/point.ts"),
        ["1 packages/math/src/index.ts index", "2 packages/math/src/inner/index.mts"]
    );
}

#[test]
fn rust() {
    let checkout = Checkout::new(&[
        (
            "Cargo.toml",
            "[workspace]\n[workspace.dependencies]\nother = {package = \"b\", path = \"crates/b\"}",
        ),
        ("crates/a/Cargo.toml", "[package]\nname = \"my-a\"\n"),
        (
            "crates/a/src/lib.rs",
            "mod net;\npub use net::{http::get, Host};\nuse crate::Own;\nuse std::io;\n#[path = \"sys/unix.rs\"]\nmod sys;\n",
        ),
        (
            "crates/a/src/net.rs",
            "mod http;\nuse self::http::get;\nuse super::Own;\nuse crate::net::http;\n\
             mod tests {\n    use super::*;\n    use super::super::Own;\n    use super::http::get;\n}\n\
             mod gone;\nuse Kind::*;\n",
        ),
        ("crates/a/src/net/http.rs", "use super::Host;\nuse super::super::sys;"),
        ("crates/a/src/sys/unix.rs", ""),
        ("crates/a/tests/it.rs", "mod common;\nuse my_a::net::Host;\nuse my_a;\n"),
        ("crates/a/tests/common/mod.rs", ""),
        ("crates/b/Cargo.toml", "[package]\nname = \"b\"\n[lib]\npath = \"b.rs\"\n"),
        ("crates/b/b.rs", "mod inner;\nuse my_a::Host;\nuse serde::Serialize;"),
        ("crates/b/inner.rs", "use crate::Thing;\nuse other::Thing;\n"),
    ]);
    assert_eq!(
        checkout.of("crates/a/src/lib.rs"),
        [
            "1 crates/a/src/net.rs",
            "2 crates/a/src/net.rs Host",
            "2 crates/a/src/net/http.rs get",
            "4 ! std",
            "6 crates/a/src/sys/unix.rs",
        ]
    );
    assert_eq!(
        checkout.of("crates/a/src/net.rs"),
        [
            "1 crates/a/src/net/http.rs",
            "2 crates/a/src/net/http.rs get",
            "3 crates/a/src/lib.rs Own",
            "4 crates/a/src/net/http.rs http",
            "7 crates/a/src/lib.rs Own",
            "8 crates/a/src/net/http.rs get",
            "10 ? self::gone",
        ]
    );
    assert_eq!(
        checkout.of("crates/a/src/net/http.rs"),
        ["1 crates/a/src/net.rs Host", "2 crates/a/src/lib.rs sys"]
    );
    assert_eq!(
        checkout.of("crates/a/tests/it.rs"),
        ["1 crates/a/tests/common/mod.rs", "2 crates/a/src/net.rs Host", "3 crates/a/src/lib.rs",]
    );
    assert_eq!(
        checkout.of("crates/b/b.rs"),
        ["1 crates/b/inner.rs", "2 crates/a/src/lib.rs Host", "3 ! serde"]
    );
    assert_eq!(
        checkout.of("crates/b/inner.rs"),
        ["1 crates/b/b.rs Thing", "2 crates/b/b.rs Thing"]
    );
}

#[test]
fn go() {
    let checkout = Checkout::new(&[
        ("go.mod", "module example.com/app // here\n\ngo 1.22\n"),
        ("api/v2/go.mod", "module example.com/app/api/v2\n"),
        ("api/v2/client.go", "package api\n\nfunc Dial() {}\n"),
        (
            "main.go",
            "package main\n\nimport (\n\t\"net/http\"\n\t\"example.com/app/auth\"\n\
             \t\"example.com/app/api/v2\"\n\t\"example.com/app/gone\"\n\t_ \"example.com/app/side\"\n)\n\n\
             func main() { auth.NewToken(); api.Dial(); run() }\n",
        ),
        ("run.go", "package main\n\nfunc run() {}\n"),
        ("auth/token.go", "package auth\n\nfunc NewToken() *User { return nil }\n"),
        ("auth/token_test.go", "package auth\n\nfunc TestToken() { NewToken(); helper() }\n"),
        ("auth/help_test.go", "package auth\n\nfunc helper() {}\n"),
        ("auth/user.go", "package auth\n\ntype User struct{}\n"),
        ("side/side.go", "package side\n\nfunc init() {}\n"),
    ]);
    assert_eq!(
        checkout.of("main.go"),
        [
            "4 ! net/http",
            "5 auth/token.go NewToken",
            "6 api/v2/client.go Dial",
            "7 ? example.com/app/gone",
            "8 side/side.go",
            "11 run.go run implicitly",
        ]
    );
    assert_eq!(checkout.of("auth/token.go"), ["3 auth/user.go User implicitly"]);
    assert_eq!(
        checkout.of("auth/token_test.go"),
        ["3 auth/help_test.go helper implicitly", "3 auth/token.go NewToken implicitly"]
    );
}

#[test]
fn java_kotlin_scala() {
    let checkout = Checkout::new(&[
        (
            "core/src/main/java/com/acme/Token.java",
            "package com.acme;\n\nclass Token { static int of() { return 1; } }\n",
        ),
        (
            "core/src/main/java/com/acme/User.java",
            "package com.acme;\n\nclass User { Token token; }\n",
        ),
        (
            "core/src/main/kotlin/Names.kt",
            "package com.acme.names\n\nfun shorten(name: String) = name\n",
        ),
        (
            "app/src/main/java/com/acme/app/Main.java",
            "package com.acme.app;\n\nimport com.acme.Token;\nimport static com.acme.Token.of;\n\
             import java.util.List;\nimport com.acme.*;\nimport com.acme.Gone;\nimport com.acme.other.Thing;\n\n\
             class Main { User user; }\n",
        ),
        (
            "app/src/main/kotlin/App.kt",
            "package com.acme.app\n\nimport com.acme.names.shorten\nimport com.acme.Token as T\n",
        ),
        (
            "app/src/main/scala/S.scala",
            "package com\npackage acme\n\nimport com.acme.{Token, User => U}\nimport com.acme._\n",
        ),
    ]);
    let (token, user) =
        ("core/src/main/java/com/acme/Token.java", "core/src/main/java/com/acme/User.java");
    assert_eq!(
        checkout.of("app/src/main/java/com/acme/app/Main.java"),
        [
            format!("3 {token} Token"),
            format!("4 {token} Token of"),
            "5 ! java.util".to_owned(),
            format!("6 {user} User"),
            "7 ? com.acme.Gone".to_owned(),
            "8 ! com.acme".to_owned(),
        ]
    );
    assert_eq!(checkout.of(user), [format!("3 {token} Token implicitly")]);
    assert_eq!(
        checkout.of("app/src/main/kotlin/App.kt"),
        ["3 core/src/main/kotlin/Names.kt shorten".to_owned(), format!("4 {token} Token")]
    );
    assert_eq!(
        checkout.of("app/src/main/scala/S.scala")[..2],
        [format!("4 {token} Token"), format!("4 {user} User")]
    );
}

#[test]
fn c() {
    let checkout = Checkout::new(&[
        (
            "src/main.c",
            "#include \"list.h\"\n#include <acme/tree.h>\n#include \"acme/tree.h\"\n\
             #include \"gone.h\"\n#include <stdio.h>\n#include \"../x/other.h\"\n#include MACRO\n\
             #include \"gtest/gtest.h\"\n",
        ),
        ("src/list.h", ""),
        ("x/list.h", ""),
        ("x/other.h", ""),
        ("include/acme/tree.h", ""),
    ]);
    assert_eq!(
        checkout.of("src/main.c"),
        [
            "1 src/list.h",
            "2 include/acme/tree.h",
            "3 include/acme/tree.h",
            "4 ? \"gone.h\"",
            "5 ! stdio.h",
            "6 x/other.h",
            "7 ! MACRO",
            "8 ! gtest/gtest.h",
        ]
    );
}

#[test]
fn csharp() {
    let checkout = Checkout::new(&[
        (
            "src/App/Main.cs",
            "using System;\nusing Acme.Auth;\nusing static Acme.Auth.Tokens;\nusing T = Acme.Auth.User;\n\n\
             namespace Acme.App;\n\nclass Main { User user; Root root; }\n",
        ),
        ("src/Auth/Tokens.cs", "namespace Acme.Auth\n{\n    public static class Tokens { }\n}\n"),
        ("src/Auth/User.cs", "namespace Acme.Auth;\n\npublic class User { }\n"),
        ("src/Root.cs", "namespace Acme;\n\npublic class Root { }\n"),
    ]);
    assert_eq!(
        checkout.of("src/App/Main.cs"),
        [
            "1 ! System",
            "2 src/Auth/User.cs User",
            "3 src/Auth/Tokens.cs Tokens",
            "4 src/Auth/User.cs User",
            "8 src/Root.cs Root implicitly",
        ]
    );
}

#[test]
fn ruby() {
    let checkout = Checkout::new(&[
        (
            "lib/acme/server.rb",
            "require_relative 'client'\nrequire 'acme/dsl'\nrequire 'json'\nrequire 'acme/gone'\n\
             module Acme\n  autoload :Events, 'acme/events'\nend\n",
        ),
        ("lib/acme/client.rb", ""),
        ("lib/acme/dsl.rb", ""),
        ("lib/acme/events.rb", ""),
        ("test/helper.rb", ""),
        ("test/unit/test_server.rb", "require 'helper'\nrequire_relative '../helper'\n"),
    ]);
    assert_eq!(
        checkout.of("lib/acme/server.rb"),
        [
            "1 lib/acme/client.rb",
            "2 lib/acme/dsl.rb",
            "3 ! json",
            "4 ? acme/gone",
            "6 lib/acme/events.rb Events",
        ]
    );
    assert_eq!(checkout.of("test/unit/test_server.rb"), ["1 test/helper.rb", "2 test/helper.rb"]);
}

#[test]
fn php() {
    let checkout = Checkout::new(&[
        (
            "src/Client.php",
            "<?php\n\nnamespace Acme\\Http;\n\nuse Acme\\Http\\Exception\\{Failed, Gone};\nuse Psr\\Log\\Logger;\n\
             use function Acme\\Http\\Support\\shorten;\nuse Acme\\Http\\Exception;\n\nrequire __DIR__ . '/boot.php';\n\n\
             class Client { function f() { return new Request(); } }\n",
        ),
        ("src/Request.php", "<?php\n\nnamespace Acme\\Http;\n\nclass Request {}\n"),
        (
            "src/Exception/Failed.php",
            "<?php\nnamespace Acme\\Http\\Exception;\n\nclass Failed {}\n",
        ),
        ("src/functions.php", "<?php namespace Acme\\Http\\Support;\n\nfunction shorten() {}\n"),
        ("src/boot.php", "<?php\n"),
    ]);
    assert_eq!(
        checkout.of("src/Client.php"),
        [
            "5 ? Acme\\Http\\Exception\\Gone",
            "5 src/Exception/Failed.php Failed",
            "6 ! Psr\\Log",
            "7 src/functions.php shorten",
            "8 src/Exception/Failed.php",
            "10 src/boot.php",
            "12 src/Request.php Request implicitly",
        ]
    );
}

#[test]
fn swift() {
    let checkout = Checkout::new(&[
        (
            "Sources/Net/Client.swift",
            "import Foundation\n\npublic class Client { let h = Header() }\n",
        ),
        ("Sources/Net/Header.swift", "public struct Header {}\n"),
        ("Tests/NetTests/ClientTests.swift", "@testable import Net\n\nlet client = Client()\n"),
    ]);
    assert_eq!(
        checkout.of("Sources/Net/Client.swift"),
        ["1 ! Foundation", "3 Sources/Net/Header.swift Header implicitly"]
    );
    assert_eq!(
        checkout.of("Tests/NetTests/ClientTests.swift"),
        ["1 Sources/Net/Client.swift Client"]
    );
}

#[test]
fn bash() {
    let checkout = Checkout::new(&[
        (
            "bin/run.sh",
            "source \"$(dirname \"$0\")/../lib/log.sh\"\n. ./env.sh\nsource \"$FILE\"\n. ./gone.sh\n",
        ),
        ("bin/env.sh", ""),
        ("lib/log.sh", ""),
    ]);
    assert_eq!(
        checkout.of("bin/run.sh"),
        ["1 lib/log.sh", "2 bin/env.sh", "3 ! $FILE", "4 ? ./gone.sh"]
    );
}

#[test]
fn an_import_of_very_many_files_leads_to_none() {
    let names: Vec<String> = (0..30).map(|at| format!("big/f{at:02}.go")).collect();
    let mut files: Vec<(&str, &str)> =
        names.iter().map(|name| (name.as_str(), "package big\n\nfunc Same() {}\n")).collect();
    files.push(("go.mod", "module m\n"));
    files.push(("main.go", "package main\n\nimport \"m/big\"\n\nfunc main() { big.Same() }\n"));
    assert_eq!(Checkout::new(&files).of("main.go"), Vec::<String>::new());
}

#[test]
fn files_without_outlines_are_found_and_have_no_edges() {
    let file = |path| File { path, content: &"", language: Language::Python };
    let files = [file("a.py"), file("b.py")];
    let importing = outline(Language::Python, "import b\n");
    let graph = ImportGraph::resolve(&files, &[Some(&importing), None]);
    assert_eq!(graph.edges(0)[0].to, 1);
    assert!(graph.edges(1).is_empty() && graph.edges(7).is_empty());
}
