import { z } from "zod";
import { defineTool } from "../define-tool.ts";

/** The original service's mock booking. It asks first, and must not run twice. */
export const bookHotel = defineTool({
  name: "book_hotel",
  description: "预定酒店的工具。Books a hotel.",
  schema: z.strictObject({
    hotel_name: z.string().min(1).max(200).describe("酒店名称 / the hotel's name"),
  }),
  tier: "ask",
  idempotent: false,
  run: async ({ hotel_name }) => `成功预定了在${hotel_name}的住宿。`,
});
