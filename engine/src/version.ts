/** The version of package.json; a test holds them equal. */
export const version = "0.1.0";

/** As it stands in traces and JSON. */
export const tool = `dma-lens ${version}`;
