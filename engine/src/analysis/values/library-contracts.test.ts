/** Functions of a driver's library that the catalogue knows: their contract holds for the other files of the folder. */
import { expect, it } from "vitest";
import { apiFunction } from "../../kernel/catalogue.ts";
import { buildCUnit } from "../../program/index.ts";
import { parseC } from "../../syntax/c/parse.ts";
import { createFacts } from "../unit-facts.ts";

const definition =
  "int usb_stor_bulk_transfer_buf(struct us_data *us, unsigned int pipe, void *buf, unsigned int n) { return 0; }";
const call = "int check(struct us_data *us, void *p) { return usb_stor_bulk_transfer_buf(us, 1, p, 3, 0); }";

it.each([
  ["beside the header that declares it", "/k/drivers/usb/storage/", definition, 1],
  ["a private one", "/k/drivers/usb/storage/", `static ${definition}`, 0],
  ["another driver's of that name", "/k/drivers/usb/misc/", definition, 0],
])("a call to a function that is defined %s", (_, folder, text, known) => {
  const files = [
    { name: `${folder}transport.c`, text: text.startsWith("static") ? `${text}\n${call}` : text },
    { name: `${folder}reader.c`, text: text.startsWith("static") ? "" : call },
  ];
  const unit = buildCUnit(files.map((one) => ({ ...one, syntax: parseC(one.text) })));
  expect(createFacts(unit, { lookup: apiFunction }).callsWith("does-dma")).toHaveLength(known);
});
