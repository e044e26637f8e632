import { servePdf } from "../files/pdf/serve-pdf.ts";

servePdf();
