/** Writes a tree as one line of text, so that a golden test shows the shape at a glance. */
import type {
  BaseType,
  Declarator,
  Expression,
  InitDeclarator,
  Specifiers,
  Statement,
  TopLevel,
  TypeName,
} from "../ast.ts";

export const printExpression = (node: Expression, text: string): string => {
  const list = (items: readonly Expression[]): string => items.map((item) => printExpression(item, text)).join(", ");
  const sub = (item: Expression): string => printExpression(item, text);
  switch (node.kind) {
    case "identifier":
      return node.name;
    case "number":
    case "char":
      return node.text;
    case "string":
      return `string<${text.slice(node.start, node.end)}>`;
    case "call":
      return `${sub(node.callee)}(${list(node.arguments)})`;
    case "member":
      return `${sub(node.object)}${node.arrow ? "->" : "."}${node.name}`;
    case "index":
      return `${sub(node.object)}[${sub(node.index)}]`;
    case "unary":
      return `{${node.operator} ${sub(node.operand)}}`;
    case "postfix":
      return `{${sub(node.operand)} ${node.operator}}`;
    case "binary":
      return `{${sub(node.left)} ${node.operator} ${sub(node.right)}}`;
    case "assign":
      return `{${sub(node.target)} ${node.operator === "=" ? "" : node.operator}= ${sub(node.value)}}`;
    case "conditional":
      return `{${sub(node.test)} ? ${node.then === undefined ? "" : sub(node.then)} : ${sub(node.otherwise)}}`;
    case "cast":
      return `cast<${printType(node.type, text)}>(${sub(node.operand)})`;
    case "compound-literal":
      return `literal<${printType(node.type, text)}>${sub(node.value)}`;
    case "sizeof":
      return `${node.operator}<${node.operand.kind === "type-name" ? `type ${printType(node.operand, text)}` : sub(node.operand)}>`;
    case "statement-expression":
      return `statements<${node.body.body.map((item) => printStatement(item, text)).join(" ")}>`;
    case "comma":
      return `comma<${list(node.items)}>`;
    case "initializer-list":
      return `[${node.items
        .map((item) => {
          const designators = item.designators.map((designator) =>
            designator.kind === "field"
              ? `.${designator.name}`
              : `@${sub(designator.low)}${designator.high === undefined ? "" : `...${sub(designator.high)}`}`,
          );
          return `${designators.length > 0 ? `${designators.join("")}=` : ""}${sub(item.value)}`;
        })
        .join(", ")}]`;
    case "type-argument":
      return `type<${printType(node.type, text)}>`;
    case "operator-argument":
      return `operator<${node.text}>`;
    case "label-address":
      return `&&${node.name}`;
    case "unknown":
      return "unknown";
  }
};

export const printBase = (base: BaseType, text: string): string => {
  switch (base.kind) {
    case "builtin":
    case "named":
      return base.name;
    case "record":
      return [
        base.tag,
        base.name ?? "",
        base.fields === undefined
          ? ""
          : `{${base.fields
              .map((field) =>
                field.macro === undefined
                  ? `${printSpecifiers(field.specifiers, text)} ${field.declarators
                      .map(
                        ({ declarator, bits, annotations }) =>
                          printDeclarator(declarator, text) +
                          (bits === undefined ? "" : `:${printExpression(bits, text)}`) +
                          annotations.map(({ name }) => `@${name}`).join(""),
                      )
                      .join(",")}`
                  : printExpression(field.macro, text),
              )
              .join("; ")}}`,
      ]
        .filter((part) => part !== "")
        .join(" ");
    case "enum":
      return `enum ${base.name ?? ""}${base.enumerators === undefined ? "" : `{${base.enumerators.map(({ name, value }) => (value === undefined ? name : `${name}=${printExpression(value, text)}`)).join(",")}}`}`;
    case "typeof":
      return `typeof<${base.operand.kind === "type-name" ? printType(base.operand, text) : printExpression(base.operand, text)}>`;
    case "missing":
      return "missing";
  }
};

export const printSpecifiers = (specifiers: Specifiers, text: string): string =>
  [
    ...specifiers.storage,
    ...specifiers.qualifiers,
    ...specifiers.annotations.map(({ name, argument }) => `@${name}${argument === undefined ? "" : `(${argument})`}`),
    printBase(specifiers.base, text),
  ].join(" ");

/** From the outside in: `*[3]x` is a pointer to what is said of x, which is an array: `int *x[3]`. */
export const printDeclarator = (declarator: Declarator, text: string): string => {
  switch (declarator.kind) {
    case "name":
      return declarator.name;
    case "abstract":
      return "_";
    case "pointer":
      return `*${[...declarator.qualifiers, ...declarator.annotations.map(({ name }) => `@${name}`)].map((word) => `${word} `).join("")}${printDeclarator(declarator.inner, text)}`;
    case "array":
      return `[${declarator.length === undefined ? "" : printExpression(declarator.length, text)}]${printDeclarator(declarator.inner, text)}`;
    case "function":
      return `(${[
        ...declarator.parameters.map(
          (parameter) =>
            `${printSpecifiers(parameter.specifiers, text)} ${printDeclarator(parameter.declarator, text)}`,
        ),
        ...(declarator.variadic ? ["..."] : []),
      ].join(", ")})${printDeclarator(declarator.inner, text)}`;
  }
};

export const printType = (type: TypeName, text: string): string =>
  `${printSpecifiers(type.specifiers, text)} ${printDeclarator(type.declarator, text)}`;

const printInit = (item: InitDeclarator, text: string): string =>
  printDeclarator(item.declarator, text) +
  item.annotations.map(({ name, argument }) => ` @${name}${argument === undefined ? "" : `(${argument})`}`).join("") +
  (item.initializer === undefined ? "" : ` = ${printExpression(item.initializer, text)}`);

export const printStatement = (node: Statement, text: string): string => {
  const sub = (item: Statement): string => printStatement(item, text);
  const value = (item: Expression): string => printExpression(item, text);
  switch (node.kind) {
    case "compound":
      return `{ ${node.body.map(sub).join(" ")} }`;
    case "expression":
      return `${value(node.expression)};`;
    case "declaration":
      return `decl ${printSpecifiers(node.specifiers, text)} ${node.declarators.map((item) => printInit(item, text)).join(" , ")};`;
    case "if":
      return `if ${value(node.test)} ${sub(node.then)}${node.otherwise === undefined ? "" : ` else ${sub(node.otherwise)}`}`;
    case "while":
      return `while ${value(node.test)} ${sub(node.body)}`;
    case "do-while":
      return `do ${sub(node.body)} while ${value(node.test)};`;
    case "for": {
      const init =
        node.init === undefined ? ";" : node.init.kind === "declaration" ? sub(node.init) : `${value(node.init)};`;
      return `for (${init} ${node.test === undefined ? "" : value(node.test)}; ${node.update === undefined ? "" : value(node.update)}) ${sub(node.body)}`;
    }
    case "macro-statement":
      return `macro ${value(node.call)} ${sub(node.body)}`;
    case "switch":
      return `switch ${value(node.value)} ${sub(node.body)}`;
    case "case":
      return node.low === undefined
        ? "default:"
        : `case ${value(node.low)}${node.high === undefined ? "" : `...${value(node.high)}`}:`;
    case "label":
      return `label ${node.name}:`;
    case "goto":
      return node.target === undefined ? `goto ${node.name ?? ""};` : `goto *${value(node.target)};`;
    case "break":
    case "continue":
      return `${node.kind};`;
    case "return":
      return node.value === undefined ? "return;" : `return ${value(node.value)};`;
    case "asm":
      return "asm;";
    case "empty":
      return ";";
    case "conditional-group":
      return `#{${node.arms.map((arm) => `${arm.condition ?? "else"}: ${arm.body.map(sub).join(" ")}`).join(" | ")}${node.exhaustive ? "" : " | none"}}`;
    case "unknown":
      return "unknown;";
  }
};

export const printItem = (node: TopLevel, text: string): string => {
  switch (node.kind) {
    case "function":
      return `function ${printSpecifiers(node.specifiers, text)} ${printDeclarator(node.declarator, text)} ${printStatement(node.body, text)}`;
    case "declaration":
      return printStatement(node, text);
    case "define":
      return `define ${node.name}${node.parameters === undefined ? "" : `(${node.parameters.join(",")})`} <${text.slice(node.body.start, node.body.end)}>`;
    case "include":
      return node.local ? `include "${node.path}"` : `include <${node.path}>`;
    case "macro-invocation":
      return `invoke ${[...node.storage, printExpression(node.call, text)].join(" ")}`;
    case "conditional-group":
      return `#{${node.arms.map((arm) => `${arm.condition ?? "else"}: ${arm.body.map((item) => printItem(item, text)).join(" ")}`).join(" | ")}${node.exhaustive ? "" : " | none"}}`;
    case "unknown":
      return "unknown";
  }
};
